import { SecretForms } from '../base/secret-forms.ts';
import { headersForUpstream } from './headers.ts';
import type { RefusalCode } from './refusal.ts';
import { isInBody } from './secret-search.ts';
import type { ProxyRequest, UpstreamRequest } from './types.ts';
import { targetBelow } from './upstream-path.ts';

/** Not TRACE, whose response repeats the request with the upstream's key in it, nor CONNECT, which opens a tunnel. */
const allowedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The request to send for a caller, without the caller's key and still without the upstream's; or a refusal. */
export async function upstreamRequestFor(
  { origin, basePath }: { origin: string; basePath: string },
  { method, target, headers: callerHeaders, body, callerKey }: ProxyRequest,
): Promise<UpstreamRequest | RefusalCode> {
  const path = targetBelow(basePath, target);
  if (path === undefined || !allowedMethods.includes(method)) return 'INVALID_REQUEST';
  const headers = headersForUpstream(callerHeaders);
  const request = { origin, method, path, headers, body };
  return (await holdsKey(request, callerKey)) ? 'KEY_IN_REQUEST' : request;
}

/** Whether the caller's key stands anywhere in the request, in any encoding. */
async function holdsKey({ path, headers, body }: UpstreamRequest, callerKey: string): Promise<boolean> {
  const forms = new SecretForms(secretPartOf(callerKey));
  const texts = [path, ...Object.entries(headers).flat(2)];
  return texts.some((text) => forms.isIn(text)) || (body !== undefined && (await isInBody(forms, body)));
}

/** The secret part of a key: of `<id>:<key>` the key, and of one of ours the random part. */
function secretPartOf(callerKey: string): string {
  const key = callerKey.slice(callerKey.indexOf(':') + 1);
  return /^sk_[0-9A-Za-z]{16}_([0-9A-Za-z]{43})_/.exec(key)?.[1] ?? key;
}
