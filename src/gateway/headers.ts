import type { IncomingHttpHeaders } from 'node:http';

export type Headers = Record<string, string | string[]>;

/** Of one connection only (RFC 9110 section 7.6.1), and those that older software treats so. */
const hopByHop = words(`
  connection keep-alive te trailer transfer-encoding upgrade
  proxy-connection proxy-authenticate proxy-authentication-info proxy-authorization
`);

const credentials = words('authorization x-api-key api-key cookie cookie2');

/** Choose the account that is billed, which is a matter of the upstream's key. */
const account = words('openai-organization openai-project');

/** About the message as it came to us; undici writes those of the message that it sends. */
const message = words('host content-length expect accept-encoding');

/** About the caller, whom the upstream does not need to know. */
const whereabouts = words('forwarded x-real-ip x-model');

/** Ask for parts of a response, from which a caller could assemble what is withheld from the whole. */
const partial = words('range if-range');

/** Would replace the method or the path that were authorised. */
const overrides = words(
  'x-http-method-override x-http-method x-method-override x-original-url x-rewrite-url',
);

const notForUpstream = new Set([
  ...hopByHop,
  ...credentials,
  ...account,
  ...message,
  ...whereabouts,
  ...partial,
  ...overrides,
]);

/** About the upstream's origin; browsers would apply them to ours. */
const origin = words('alt-svc strict-transport-security clear-site-data');

const challenges = words('set-cookie set-cookie2 www-authenticate authentication-info');

const notForCaller = new Set([...hopByHop, ...credentials, ...challenges, ...account, ...origin]);

/** The headers of a request for an upstream: without the caller's credentials and whereabouts. */
export function headersForUpstream(headers: IncomingHttpHeaders): Headers {
  const connectionHeaders = namedByConnection(headers.connection);
  const keptHeaders = Object.entries(headers).filter(
    ([name]) =>
      !notForUpstream.has(name) &&
      !connectionHeaders.has(name) &&
      !/^(?:proxy-|x-forwarded(?:-|$))/.test(name),
  );
  // Uncompressed, so that the usage in the response can be read.
  return { ...present(keptHeaders), 'accept-encoding': 'identity' };
}

/** The headers that a key limited to models may send; no others are known to choose no model. */
const limitedHeaderNames = new Set(
  words(`
    accept accept-language user-agent idempotency-key x-request-id x-client-request-id
    openai-beta anthropic-version anthropic-beta traceparent tracestate
    if-match if-none-match if-modified-since if-unmodified-since
  `),
);

/** What the vendors' libraries report about themselves. */
const stainless =
  /^x-stainless-(?:lang|package-version|os|arch|runtime|runtime-version|retry-count|read-timeout|timeout|async|helper-method|poll-helper)$/;

/** The headers of a call of a key that is limited to models, with the type that its body is sent as. */
export function limitedHeaders(headers: IncomingHttpHeaders, type: string | undefined): IncomingHttpHeaders {
  const keptHeaders = Object.entries(headers).filter(
    ([name]) => limitedHeaderNames.has(name) || stainless.test(name),
  );
  return { ...Object.fromEntries(keptHeaders), ...(type !== undefined && { 'content-type': type }) };
}

/** The media type of a body, in lower case and without parameters, or an empty text. */
export function mediaTypeOf(headers: IncomingHttpHeaders): string {
  return single(headers, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The headers of an upstream's response for the caller, without those that `holdsSecret`. */
export function headersForCaller(
  headers: IncomingHttpHeaders,
  holdsSecret: (text: string) => boolean,
): Headers {
  const connectionHeaders = namedByConnection(headers.connection);
  const keptHeaders = Object.entries(headers).filter(
    ([name, value]) =>
      !notForCaller.has(name) &&
      !holdsSecret(name) &&
      !connectionHeaders.has(name) &&
      !/^proxy-/.test(name) &&
      ![value ?? ''].flat().some(holdsSecret),
  );
  const { 'content-length': length, ...others } = present(keptHeaders);
  // Anything but a number is no length; without one, the body is sent in chunks.
  return typeof length === 'string' && /^\d{1,15}$/.test(length)
    ? { ...others, 'content-length': length }
    : others;
}

/** The first value of a header, undefined without one. */
export function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The headers that Connection limits to this connection. undici and Node.js give it as one text or several. */
function namedByConnection(connection: string | string[] | undefined): Set<string> {
  const names = [connection ?? []].flat().flatMap((text) => text.toLowerCase().split(','));
  return new Set(names.map((name) => name.trim()));
}

function present(entries: [string, string | string[] | undefined][]): Headers {
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
