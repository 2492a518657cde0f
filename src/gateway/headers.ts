import type { IncomingHttpHeaders } from 'node:http';

export type Headers = Record<string, string | string[]>;

/** Of one connection only (RFC 9110 section 7.6.1), with those that older software takes for such. */
const hopByHop = [
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-connection', 'proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
];

const credentials = ['authorization', 'x-api-key', 'api-key', 'cookie', 'cookie2'];

const notForUpstream = new Set([
  ...hopByHop,
  ...credentials,
  // Of the message as it came to us; undici writes those of the message that it sends.
  ...['host', 'content-length', 'expect', 'accept-encoding'],
  // Who and where the caller is.
  ...['forwarded', 'x-real-ip', 'x-model'],
  // The account that is billed is a matter of the upstream's key.
  ...['openai-organization', 'openai-project'],
  // Parts of an answer, put together by the caller, could hold what the whole one is not passed on for.
  ...['range', 'if-range'],
  // The method and the path are those that were authorised.
  ...['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-url', 'x-rewrite-url'],
]);

const notForCaller = new Set([
  ...hopByHop,
  ...credentials,
  ...['set-cookie', 'set-cookie2', 'www-authenticate', 'authentication-info'],
  ...['openai-organization', 'openai-project'],
  // Of the upstream's origin, which browsers would apply to ours.
  ...['alt-svc', 'strict-transport-security', 'clear-site-data'],
]);

/** The headers of a request as an upstream may see them: without the caller's credentials and whereabouts. */
export function headersForUpstream(headers: IncomingHttpHeaders): Headers {
  const named = namedByConnection(headers.connection);
  const kept = Object.entries(headers).filter(
    ([name]) => !notForUpstream.has(name) && !named.has(name) && !/^(?:proxy-|x-forwarded(?:-|$))/.test(name),
  );
  // Uncompressed, so that the usage in the answer can be read.
  return { ...present(kept), 'accept-encoding': 'identity' };
}

/** Of a call with a key that is limited to models; no other header is known to choose none. */
const limitedKept = new Set([
  ...['accept', 'accept-language', 'user-agent', 'idempotency-key', 'x-request-id', 'x-client-request-id'],
  ...['openai-beta', 'anthropic-version', 'anthropic-beta', 'traceparent', 'tracestate'],
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'],
]);

/** What the vendors' libraries say of themselves. */
const stainless =
  /^x-stainless-(?:lang|package-version|os|arch|runtime|runtime-version|retry-count|read-timeout|timeout|async|helper-method|poll-helper)$/;

/** The headers of a call of a key that is limited to models, with the type that its body is sent as. */
export function limitedHeaders(headers: IncomingHttpHeaders, type: string | undefined): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => limitedKept.has(name) || stainless.test(name));
  return { ...Object.fromEntries(kept), ...(type !== undefined && { 'content-type': type }) };
}

/** The media type of a body in lower case and without parameters, or an empty text. */
export function mediaTypeOf(headers: IncomingHttpHeaders): string {
  return single(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The headers of an upstream's answer as the caller may see them; a value that `holdsSecret` is left out. */
export function headersForCaller(
  headers: IncomingHttpHeaders,
  holdsSecret: (text: string) => boolean,
): Headers {
  const named = namedByConnection(headers.connection);
  const kept = Object.entries(headers).filter(
    ([name, value]) =>
      !notForCaller.has(name) &&
      !holdsSecret(name) &&
      !named.has(name) &&
      !/^proxy-/.test(name) &&
      ![value ?? ''].flat().some(holdsSecret),
  );
  const { 'content-length': length, ...others } = present(kept);
  // What is no number is no length, and without one the body is sent in chunks.
  return typeof length === 'string' && /^\d{1,15}$/.test(length)
    ? { ...others, 'content-length': length }
    : others;
}

/** A header that may stand once, undefined where it does not. */
export function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The headers that Connection says are of this connection only. undici and Node.js tell it as one text or several. */
function namedByConnection(connection: string | string[] | undefined): Set<string> {
  const names = [connection ?? []].flat().flatMap((text) => text.toLowerCase().split(','));
  return new Set(names.map((name) => name.trim()));
}

function present(entries: [string, string | string[] | undefined][]): Headers {
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
