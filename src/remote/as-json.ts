import type { HttpResponse } from '../http/response.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { withXmlRead } from './read-xml.ts';

/** A response as JSON, parsed once: several readers ask for it, and a page of a list is long. */
export function asJson(answer: HttpResponse, xml: Provider['xml']): HttpResponse {
  const response = withXmlRead(answer, xml);
  let parsed: { value: unknown } | undefined;
  return {
    ...response,
    json() {
      parsed ??= { value: response.json() };
      return parsed.value;
    },
  };
}
