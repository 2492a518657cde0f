import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { decoded } from './decoded.ts';
import type { RawResponse } from './exchange.ts';
import type { HttpRequest, JsonBody } from './request.ts';

const contentTypes = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;

/** The headers of a request by lower case name, secrets still hidden. Its own headers replace the default ones. */
export function headersOf(request: HttpRequest, userAgent: string): Record<string, string | Secret> {
  const own = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...(request.body === undefined ? {} : { 'content-type': contentTypes[request.encoding ?? 'json'] }),
    ...Object.fromEntries(own),
  };
}

/** The headers as they are sent. Throws `KeysError` (usage), without the value, for a value that HTTP cannot carry. */
export function revealHeaders(headers: Readonly<Record<string, string | Secret>>): Record<string, string> {
  const revealedHeaders: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = value instanceof Secret ? value.reveal() : value;
    if (!sendable.test(text)) throw unsendable(name);
    revealedHeaders[name] = text;
  }
  return revealedHeaders;
}

/**
 * A response without the secrets that a server may repeat: those of the request's headers, and `confidential` ones, in a
 * request id that is shown, in the target of a redirect, or in any field of the body; those of the request's body in the
 * headers only, because the body may have to say what was stored.
 */
export function withoutSentSecrets(
  response: RawResponse,
  requestHeaders: Readonly<Record<string, string | Secret>>,
  { body, confidential = [] }: Pick<HttpRequest, 'body' | 'confidential'> = {},
): RawResponse {
  const secrets = sentSecrets(requestHeaders);
  const longSecrets = [...secrets, ...confidential].filter(isLong);
  const all = new Set([...secrets, ...longSecrets, ...secretsInBody(body).filter(isLong)]);
  return {
    ...response,
    headers: headersWithout([...all], response.headers),
    ...bodyWithout(longSecrets, response.body),
  };
}

function headersWithout(secrets: readonly Secret[], headers: RawResponse['headers']): RawResponse['headers'] {
  // Most responses repeat nothing in any header. No escape has a line break in it, so each value keeps its forms.
  if (!areIn(Object.values(headers).join('\n'), secrets)) return headers;
  const longSecrets = secrets.filter(isLong);
  const safeHeaders = Object.entries(headers).map(([name, text]) => [
    name,
    hidden(text, shownIds.has(name) ? secrets : longSecrets),
  ]);
  return Object.fromEntries(safeHeaders);
}

function secretsInBody(body: JsonBody | undefined): Secret[] {
  if (body instanceof Secret) return [body];
  return typeof body === 'object' && body !== null ? Object.values(body).flatMap(secretsInBody) : [];
}

function bodyWithout(secrets: readonly Secret[], body: Buffer): Pick<RawResponse, 'body' | 'text'> {
  const text = decoded(body);
  const safeText = hidden(text, secrets);
  return { text: safeText, body: safeText === text ? body : Buffer.from(safeText) };
}

function hidden(text: string, secrets: readonly Secret[]): string {
  if (!areIn(text, secrets)) return text;
  return secrets.reduce((safeText, secret) => secret.hideIn(safeText), text);
}

/** Whether any form of the secrets is in a text. */
function areIn(text: string, secrets: readonly Secret[]): boolean {
  if (text === '') return false;
  return secrets.some((one) => !secrets.some((other) => one.implies(other)) && one.isIn(text));
}

/** A server may repeat `Bearer <token>` whole or without its scheme. */
function sentSecrets(requestHeaders: Readonly<Record<string, string | Secret>>): Secret[] {
  const values = Object.values(requestHeaders).filter((value) => value instanceof Secret);
  return values.flatMap((value) => {
    const bare = bareSecrets.get(value) ?? value.mapped((text) => text.replace(/^\S+ +/, ''));
    bareSecrets.set(value, bare);
    return value.equals(bare) ? [value] : [value, bare];
  });
}

/** The credentials of earlier requests without their schemes. */
const bareSecrets = new WeakMap<Secret, Secret>();

/** Headers that mean nothing to `keys` and are shown. Any other may lead somewhere, such as to the next page of a list. */
const shownIds = new Set(['x-request-id', 'request-id']);

/** A shorter token may appear in a body or an address by chance. */
function isLong(secret: Secret): boolean {
  return secret.matches(/^.{8,}$/s);
}

/** The bytes of a body; null without a body. */
export function revealBody({ body, encoding }: Pick<HttpRequest, 'body' | 'encoding'>): Buffer | null {
  if (body === undefined) return null;
  return Buffer.from(encoding === 'form' ? formOf(body) : jsonOf(body));
}

function jsonOf(body: JsonBody): string {
  // JSON.stringify is given `****` for a secret; the original is in the object it came from.
  return JSON.stringify(body, function (this: Record<string, unknown>, name: string, value: unknown) {
    const original = this[name];
    return original instanceof Secret ? original.reveal() : value;
  });
}

/** A list is a field for each of its items. */
function formOf(body: JsonBody): string {
  const fields = Object.entries(body ?? {}).flatMap(([name, value]: [string, unknown]) =>
    [value]
      .flat()
      .map((item): [string, string] => [name, item instanceof Secret ? item.reveal() : String(item)]),
  );
  return new URLSearchParams(fields).toString();
}

/** A field value is visible ASCII, spaces and tabs (RFC 9110 section 5.5), unlike a pasted line break or `…`. */
export const sendable = /^[\t\x20-\x7e]*$/;

/** `hints`: how to change the value, where its source is known. */
export function unsendable(
  name: string,
  hints: readonly string[] = ['if it is the session token, store it again: keys login'],
): KeysError {
  return new KeysError({
    code: 'header_not_sendable',
    message: `the value of the header ${name} contains a line break or another character that HTTP cannot carry`,
    hints,
  });
}
