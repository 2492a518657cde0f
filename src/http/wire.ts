import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { HttpRequest, JsonBody } from './message.ts';

/** The headers of a request by lower case name, its secrets still hidden. Those of the request replace the usual ones. */
export function headersOf(request: HttpRequest, userAgent: string): Record<string, string | Secret> {
  const own = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': userAgent,
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...Object.fromEntries(own),
  };
}

/** The headers as they are sent. Throws `KeysError` (usage), without the value, for one that HTTP cannot carry. */
export function revealHeaders(headers: Readonly<Record<string, string | Secret>>): Record<string, string> {
  const revealed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = value instanceof Secret ? value.reveal() : value;
    if (!/^[\t\x20-\x7e]*$/.test(text)) throw unsendable(name);
    revealed[name] = text;
  }
  return revealed;
}

/**
 * The headers of a reply without the secrets of the request's, which a server might repeat: in a request id, say, that
 * is shown to people, or in the address of a redirect, where no secret belongs.
 */
export function withoutSent(
  replied: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, string | Secret>>,
): Record<string, string> {
  const secrets = sentSecrets(sent);
  return Object.fromEntries(
    Object.entries(replied).map(([name, text]) => [
      name,
      hidden(text, name === 'location' ? secrets.filter(isLong) : secrets),
    ]),
  );
}

function hidden(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((left, secret) => secret.hideIn(left), text);
}

/** `Bearer <token>` is repeated whole or without its scheme. */
function sentSecrets(sent: Readonly<Record<string, string | Secret>>): Secret[] {
  const values = Object.values(sent).filter((value) => value instanceof Secret);
  return values.flatMap((value) => [value, value.mapped((text) => text.replace(/^\S+ +/, ''))]);
}

/** With fewer characters a token may stand in a body, or an address, by chance. */
function isLong(secret: Secret): boolean {
  return secret.matches(/^.{8,}$/s);
}

/** The body of a reply without the secrets that were sent as headers: a server may repeat them in any field. */
export function bodyWithoutSent(body: Buffer, sent: Readonly<Record<string, string | Secret>>): Buffer {
  const secrets = sentSecrets(sent).filter(isLong);
  if (secrets.length === 0 || body.length === 0) return body;
  const text = body.toString();
  const left = hidden(text, secrets);
  return left === text ? body : Buffer.from(left);
}

/** The bytes of a JSON body, null for none. */
export function revealBody(body: JsonBody | undefined): Buffer | null {
  if (body === undefined) return null;
  return Buffer.from(
    // Secrets hide from JSON.stringify; what it replaced is found in the object that it came from.
    JSON.stringify(body, function (this: Record<string, unknown>, name: string, value: unknown) {
      const original = this[name];
      return original instanceof Secret ? original.reveal() : value;
    }),
  );
}

/** A field value is visible ASCII, spaces and tabs (RFC 9110 section 5.5): a pasted line break or `…` is not. */
function unsendable(name: string): KeysError {
  return new KeysError({
    code: 'header_not_sendable',
    message: `the value of the header ${name} holds a line break or another character that HTTP cannot carry`,
    hints: ['if it is the token: store it again with keys login'],
  });
}
