import { SecretForms } from '../base/secret-forms.ts';
import type { Headers } from './headers.ts';
import { headersForUpstream } from './headers.ts';
import type { RefusalCode } from './refusal.ts';
import { isInBody } from './secret-search.ts';
import type { Passage } from './upstream.ts';
import { targetBelow } from './upstream-target.ts';

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
export async function questionOf(
  { origin, base }: { origin: string; base: string },
  passage: Passage,
): Promise<Question | RefusalCode> {
  const { method, target } = passage;
  const path = targetBelow(base, target);
  if (path === undefined || !methods.includes(method)) return 'INVALID_REQUEST';
  const headers = headersForUpstream(passage.headers);
  const question = { origin, method, path, headers, body: passage.body };
  return (await holdsKey(question, passage.callerKey)) ? 'KEY_IN_REQUEST' : question;
}

/** The key itself may stand anywhere, with or without what the caller showed beside it, in whichever encoding. */
async function holdsKey({ path, headers, body }: Question, shown: string): Promise<boolean> {
  const forms = new SecretForms(bareKey(shown));
  const texts = [path, ...Object.entries(headers).flat(2)];
  return texts.some((text) => forms.isIn(text)) || (body !== undefined && (await isInBody(forms, body)));
}

/** The part of a key that is secret: of `<id>:<key>` the key, and of one of ours the random part. */
function bareKey(shown: string): string {
  const key = shown.slice(shown.indexOf(':') + 1);
  return /^sk_[0-9A-Za-z]{16}_([0-9A-Za-z]{43})_/.exec(key)?.[1] ?? key;
}
