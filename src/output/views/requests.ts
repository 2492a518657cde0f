import { safeJson, visible } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';

/** A request that would be sent. */
export interface RequestExample {
  call: string;
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: unknown;
}

/** Each request as it goes over the wire, its JSON indented. */
export function requestsView(requests: readonly RequestExample[], { style }: Terminal): string {
  return requests
    .map(({ call, method, url, headers, body }) => {
      const lines = [
        style.dim(`# ${visible(call)}`),
        `${style.bold(method)} ${visible(url)}`,
        ...Object.entries(headers).map(([name, value]) => visible(`${name}: ${value}`)),
        ...(body === undefined ? [] : ['', bodyText(headers['content-type'], body)]),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('\n');
}

function bodyText(contentType: string | undefined, body: unknown): string {
  const isForm = contentType === 'application/x-www-form-urlencoded' && typeof body === 'object';
  if (!isForm) return safeJson(JSON.stringify(body, undefined, 2));
  const fields = Object.entries(body ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return visible(String(new URLSearchParams(fields)));
}
