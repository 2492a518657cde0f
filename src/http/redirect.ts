import { KeysError } from '../base/errors.ts';
import type { Reply } from './exchange.ts';
import { pathOf } from './trace.ts';

export const maxRedirects = 5;

/**
 * Where a reply sends the request on, always within its origin; undefined: the reply is no redirect (RFC 9110
 * section 15.4). Throws `KeysError` (exit `network`, code `redirect_refused`) where it leads to another origin, is not
 * an address, or answers a write.
 */
export function redirectTarget(method: string, from: URL, reply: Reply): URL | undefined {
  const { location } = reply.headers;
  if (![301, 302, 303, 307, 308].includes(reply.status) || location === undefined) return undefined;
  const request = `${method} ${pathOf(from)}`;
  if (!URL.canParse(location, from.href)) throw refused(`${request} was redirected to what is not a URL`);
  const to = new URL(location, from);
  if (to.origin !== from.origin) {
    const target = to.origin === 'null' ? to.protocol : to.origin;
    throw refused(`${request} was redirected from ${from.origin} to ${target}: the token was not sent there`);
  }
  if (method !== 'GET' && method !== 'HEAD') {
    throw refused(`${request} was redirected to ${pathOf(to)} on ${to.origin}: a change is never sent on`);
  }
  return to;
}

export function tooManyRedirects(method: string, from: URL): KeysError {
  return refused(`${method} ${pathOf(from)} was redirected more than ${maxRedirects} times`);
}

function refused(message: string): KeysError {
  return new KeysError({
    code: 'redirect_refused',
    message,
    // Without the target: a server chose it, and a hint is there to be pasted into a shell.
    hints: ['correct the URL of the profile, if the API has moved: keys login --url https://…'],
  });
}
