import type { Headers } from './headers.ts';
import { headersForUpstream } from './headers.ts';
import type { RefusalCode } from './refusal.ts';
import { withUsageAsked } from './request-body.ts';
import { decoded, targetBelow } from './target.ts';
import type { Passage } from './upstream.ts';

/** A request to an upstream. */
export interface Question {
  origin: string;
  method: string;
  /** With the query. */
  path: string;
  headers: Headers;
  body: Buffer | undefined;
}

/** Not TRACE, whose answer repeats the request with the upstream's key in it, nor CONNECT, which opens a tunnel. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * What to ask the upstream for a caller, without the caller's key and still without the upstream's own; or the code of
 * a refusal. `base` is the path that stands for `/v1`.
 */
export function questionOf(
  { origin, base }: { origin: string; base: string },
  passage: Passage,
): Question | RefusalCode {
  const { method, target } = passage;
  const path = targetBelow(base, target);
  const asked = withUsageAsked(passage);
  if (path === undefined || !asked || !methods.includes(method)) return 'INVALID_REQUEST';
  const question = { origin, method, path, headers: headersForUpstream(passage.headers), body: asked.body };
  return holdsKey(question, passage.callerKey) ? 'KEY_IN_REQUEST' : question;
}

function holdsKey({ path, headers, body }: Question, key: string): boolean {
  const texts = [path, decoded(path), ...Object.values(headers).flat()];
  // The names of headers arrive in lower case.
  const names = Object.keys(headers).some((name) => name.includes(key.toLowerCase()));
  return names || texts.some((text) => text.includes(key)) || Boolean(body?.includes(key));
}
