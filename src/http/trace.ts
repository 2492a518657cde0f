import { maskSecrets, Secret } from '../base/secret.ts';

/*
 * What --debug shows of a request and its response. Only what is known to be harmless is shown: any other header, query
 * value or part of a body stays hidden.
 */

const openHeaders = new Set([
  'accept',
  'accept-encoding',
  'content-type',
  'ratelimit',
  'ratelimit-reset',
  'request-id',
  'retry-after',
  'user-agent',
  'x-ratelimit-reset',
  'x-request-id',
  'x-retry-after',
]);

const openParameters = new Set(['page', 'limit', 'offset', 'perpage', 'pagesize', 'size']);

/** `> POST https://api.example.com/v1/keys?limit=10 accept: application/json, authorization: ****, body {name}` */
export function requestLine(
  { method, url, body }: { method: string; url: URL; body?: unknown },
  headers: Readonly<Record<string, string | Secret>>,
): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${headerValue(name, value)}`);
  if (body !== undefined) fields.push(`body ${outline(body)}`);
  return `> ${method} ${url.origin}${pathOf(url)}${queryOf(url)} ${fields.join(', ')}`;
}

/** `< 429 in 12 ms, content-type: application/json, retry-after: 2, body {error}`; only the harmless headers. */
export function responseLine(
  { status, headers, body }: { status: number; headers: Readonly<Record<string, string>>; body: Buffer },
  milliseconds: number,
): string {
  const fields = Object.entries(headers).filter(([name]) => openHeaders.has(name));
  // A header that repeats part of a successful body may repeat a new secret.
  const isRepeated = (value: string) => status < 300 && value.length >= 8 && body.includes(value);
  const shownHeaders = fields
    .map(([name, value]) => `, ${name}: ${isRepeated(value) ? '****' : headerValue(name, value)}`)
    .join('');
  return `< ${status} in ${milliseconds} ms${shownHeaders}${body.length > 0 ? `, body ${outlineOfText(body)}` : ''}`;
}

/** The path without the query; anything that looks like a secret is masked. */
export function pathOf(url: URL): string {
  return maskSecrets(url.pathname);
}

/** `text/html` of `text/html; charset=utf-8` (RFC 9110 section 8.3.1); undefined for any other form. */
export function mediaType(contentType: string | undefined): string | undefined {
  return /^\s*([\w.+-]{1,64}\/[\w.+-]{1,64})\s*(;|$)/.exec(contentType ?? '')?.[1];
}

function headerValue(name: string, value: string | Secret): string {
  if (value instanceof Secret || !openHeaders.has(name)) return '****';
  return maskSecrets(value.replace(/[^\x20-\x7e]/g, '?').slice(0, 100));
}

function queryOf(url: URL): string {
  const shownParameters = [...url.searchParams].map(
    ([name, value]) => `${fieldName(name)}=${parameter(name, value)}`,
  );
  return shownParameters.length > 0 ? `?${shownParameters.join('&')}` : '';
}

function parameter(name: string, value: string): string {
  const open = openParameters.has(name.toLowerCase().replace(/[_-]/g, '')) && /^\d{1,9}$/.test(value);
  return open ? value : '…';
}

function outlineOfText(body: Buffer): string {
  try {
    return outline(JSON.parse(body.toString()));
  } catch {
    return `of ${body.length} bytes`;
  }
}

/** The shape of a JSON value: the names of an object's fields, the length of an array, else the type alone. */
function outline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`;
  if (typeof value === 'object' && value !== null && !(value instanceof Secret)) {
    return `{${Object.keys(value).map(fieldName).join(', ')}}`;
  }
  return value === null ? 'null' : typeof value === 'object' ? 'string' : typeof value;
}

/** Shown only if it looks like a name: an object may also be a map, whose keys are data. */
function fieldName(name: string): string {
  return /^[A-Za-z_$][\w.$-]{0,39}$/.test(name) ? maskSecrets(name) : '…';
}
