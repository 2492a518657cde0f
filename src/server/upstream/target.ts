import { usageError } from '../../errors.ts';
import { isLoopbackHost } from '../../loopback.ts';

/**
 * The path on an upstream below which its API lives, ending in `/v1`: `https://api.example.com/openai/v1` gives
 * `/openai/v1`, `https://api.example.com` gives `/v1`. Throws `KeysError` (usage), without the URL, for one that is not
 * http or https, that has credentials, a query or a fragment, or that would send the upstream's key in the clear.
 */
export function basePath(url: URL, hasKey = false): string {
  const problems: string[] = [];
  if (!/^https?:$/.test(url.protocol)) problems.push('the URL of the upstream is not http or https');
  if (url.username || url.password) problems.push('the URL of the upstream holds a user name or a password');
  if (hasKey && url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    problems.push('the URL of the upstream is http: to another host, which would send its key in the clear');
  }
  if (/[?#]/.test(url.href)) problems.push('the URL of the upstream has a query or a fragment');
  if (problems.length > 0) {
    throw usageError(problems, 'write only scheme, host and path, like https://api.example.com/v1');
  }
  const path = url.pathname.replace(/\/+$/, '');
  return path.endsWith('/v1') ? path : `${path}/v1`;
}

/**
 * The path and query to ask an upstream for, from what a caller asked for; undefined where that is not below `/v1/`, or
 * would leave it by a segment `..`, however it is encoded.
 */
export function targetBelow(base: string, target: string): string | undefined {
  if (!target.startsWith('/v1/') || !/^[\x21\x22\x24-\x7e]*$/.test(target)) return undefined;
  // Some servers end a segment at `\` or `;` too.
  if (/[/\\]\.{1,2}(?:[/\\;]|$)/.test(decoded(pathOf(target)))) return undefined;
  return base + target.slice('/v1'.length);
}

/** Whether a target is that of chat or text completions, under every spelling that a router may accept. */
export function isCompletions(target: string): boolean {
  return /\/completions\/*$/i.test(decoded(pathOf(target)));
}

/** A text with its percent-encoding (RFC 3986 section 2.1) undone, three times over; bytes become Latin-1 characters. */
export function decoded(text: string): string {
  const once = (encoded: string) =>
    encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return once(once(once(text)));
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}
