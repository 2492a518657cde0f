import { usageError } from '../base/errors.ts';
import { isLoopbackHost } from '../platform/loopback.ts';

/**
 * The path of an upstream's API, ending in `/v1`: `https://api.example.com/openai/v1` gives `/openai/v1`,
 * `https://api.example.com` gives `/v1`. Throws `KeysError` (usage), without the URL, for one that is not http or https,
 * that has credentials, a query or a fragment, or that would send the upstream's key unencrypted.
 */
export function basePathOf(url: URL, hasKey = false): string {
  const problems: string[] = [];
  if (!/^https?:$/.test(url.protocol)) problems.push('the upstream URL is not http or https');
  if (url.username || url.password) problems.push('the upstream URL contains a user name or a password');
  if (hasKey && url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    problems.push('the upstream URL is http: to another host, which would send its key unencrypted');
  }
  if (/[?#]/.test(url.href)) problems.push('the upstream URL has a query or a fragment');
  if (problems.length > 0) {
    throw usageError(problems, 'pass only scheme, host and path, like https://api.example.com/v1');
  }
  const path = url.pathname.replace(/\/+$/, '');
  return path.endsWith('/v1') ? path : `${path}/v1`;
}

/**
 * The path and query to request from an upstream, for what a caller requested; undefined if that is not below `/v1/`, or
 * if servers could take its path for another one.
 */
export function targetBelow(basePath: string, target: string): string | undefined {
  if (!/^\/v1\/[\x21\x22\x24-\x7e]*$/.test(target)) return undefined;
  return segmentsOf(target) && basePath + target.slice('/v1'.length);
}

/**
 * The decoded segments of a target's path: `['v1', 'models', 'org/model']`. Undefined if servers could disagree about the
 * path: over segments that are empty (except the last) or lead elsewhere, and over characters that end a path at some
 * servers or change when they are decoded again, trimmed or normalised.
 */
export function segmentsOf(target: string): string[] | undefined {
  const [, ...encodedSegments] = pathOf(target).replace(/\/$/, '').split('/');
  const segments = encodedSegments.map(plainSegment);
  return segments.every((segment) => segment !== undefined) ? segments : undefined;
}

function plainSegment(encodedSegment: string): string | undefined {
  // As in RFC 3986 section 3.3, but without `;`, which begins parameters at some servers.
  if (!/^(?:[\w.~!$&'()*+,=:@-]|%[0-9a-f]{2})+$/i.test(encodedSegment)) return undefined;
  let segment: string;
  try {
    segment = decodeURIComponent(encodedSegment);
  } catch {
    return undefined;
  }
  const isPlain =
    segment === segment.normalize('NFKC') &&
    !/[\p{C}\\;%?#]|^\s|\s$/u.test(segment) &&
    // A slash may be part of a name, as in `org%2Fmodel`.
    segment.split('/').every((part) => !/^[\s.]*$/.test(part));
  return isPlain ? segment : undefined;
}

/** Whether a target is that of chat or text completions, under every spelling that a router may accept. */
export function isCompletions(target: string): boolean {
  return segmentsOf(target)?.join('/').toLowerCase().endsWith('/completions') ?? false;
}

/** A target without its query. */
export function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}
