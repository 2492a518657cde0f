import { KeysError } from '../base/errors.ts';
import type { RawResponse } from './exchange.ts';
import { pathOf } from './trace.ts';

export const maxRedirects = 5;

/**
 * Where a response redirects the request, always within its origin; undefined if it is not a redirect (RFC 9110 section
 * 15.4). Throws `KeysError` (`redirect_refused`) if the target is at another origin or not a URL, or if the request is a
 * write.
 */
export function redirectTarget(method: string, from: URL, response: RawResponse): URL | undefined {
  const { location } = response.headers;
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return undefined;
  const request = `${method} ${pathOf(from)}`;
  if (!URL.canParse(location, from.href)) throw refused(`${request} was redirected to an invalid URL`);
  const to = new URL(location, from);
  if (to.origin !== from.origin) {
    const target = to.origin === 'null' ? `a ${to.protocol} URL` : to.origin;
    throw refused(`${request} was redirected from ${from.origin} to ${target}: the token was not sent there`);
  }
  if (method !== 'GET' && method !== 'HEAD') {
    throw refused(
      `${request} was redirected to ${pathOf(to)} on ${to.origin}: changes never follow a redirect`,
    );
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
    // Not the target: the server chose it, and hints are pasted into a shell.
    hints: ['if the API has moved, correct the URL of the profile: keys login --url https://…'],
  });
}
