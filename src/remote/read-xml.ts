import type { HttpResponse } from '../http/response.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { parseXml } from './parse-xml.ts';

/**
 * A response of an API that answers in XML, as the same data in JSON: an element is an object of its children, one without
 * children is its text, and the children of a declared list are its items. Attributes are left out. Anything but XML, such
 * as a web page, stays as it is.
 */
export function withXmlRead(response: HttpResponse, xml: Provider['xml']): HttpResponse {
  if (!xml) return response;
  const isXml = /^(?:application|text)\/(?!html)(?:[\w.-]+\+)?xml\b/i.test(
    response.headers['content-type'] ?? '',
  );
  const document = isXml ? parseXml(response.text, new Set(xml.lists)) : undefined;
  if (document === undefined) return response;
  return {
    ...response,
    headers: { ...response.headers, 'content-type': 'application/json' },
    text: JSON.stringify(document),
    json: () => document,
  };
}
