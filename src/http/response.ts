import { KeysError } from '../base/errors.ts';
import { isTooDeep, isTooDeepValue, maxJsonDepth, maxSafeLength } from '../base/json-depth.ts';
import { maskSecrets } from '../base/secret.ts';
import { decoded } from './decoded.ts';
import type { RawResponse } from './exchange.ts';
import type { HttpRequest } from './request.ts';
import { retryHint } from './retry-hint.ts';
import { mediaType, pathOf } from './trace.ts';

export interface HttpResponse {
  status: number;
  /** By lower case name; the values of a repeated header are joined by `, ` (RFC 9110 section 5.3). */
  headers: Readonly<Record<string, string>>;
  /** Identifies the request in the logs of the server. Anything that looks like a secret is masked. */
  requestId: string | undefined;
  /** Seconds to wait, from a 429 or 503; undefined if it gives none. */
  retryAfter: number | undefined;
  /** The decoded body. */
  text: string;
  /**
   * The body as JSON. Throws `KeysError` (`not_json`), which names the content type, the method and the path, but never
   * the query or any part of the body. It is parsed once, and must not be changed.
   */
  json(): unknown;
}

export function readResponse(
  request: Pick<HttpRequest, 'method' | 'url'>,
  { status, headers, body, text = decoded(body) }: RawResponse,
  now: Date,
): HttpResponse {
  let parsed: { value: unknown } | undefined;
  return {
    status,
    headers,
    requestId: requestIdOf(headers),
    retryAfter: retryHint(status, headers, now),
    text,
    json() {
      if (parsed) return parsed.value;
      const type = mediaType(headers['content-type']);
      if (type !== undefined && !/^(application|text)\/([\w.-]+\+)?json$/.test(type)) {
        throw notJson(request, { status, headers, text });
      }
      const isShort = text.length <= maxSafeLength;
      if (!isShort && isTooDeep(text)) throw tooDeep(request, status);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        // No cause: the parser's message quotes the body, which may hold a secret.
        throw notJson(request, { status, headers, text });
      }
      if (isShort && isTooDeepValue(value)) throw tooDeep(request, status);
      parsed = { value };
      return value;
    },
  };
}

function tooDeep({ method, url }: Pick<HttpRequest, 'method' | 'url'>, status: number): KeysError {
  return new KeysError({
    code: 'not_json',
    message: `${method} ${pathOf(url)} answered ${status} with JSON nested more than ${maxJsonDepth} levels deep`,
    hints: ['check that the URL is the API: keys profile list'],
    httpStatus: status,
  });
}

function requestIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  const id = headers['x-request-id'] ?? headers['request-id'];
  return id === undefined ? undefined : maskSecrets(id);
}

function notJson(
  { method, url }: Pick<HttpRequest, 'method' | 'url'>,
  { status, headers, text }: Pick<HttpResponse, 'status' | 'headers' | 'text'>,
): KeysError {
  const requestId = requestIdOf(headers);
  return new KeysError({
    code: 'not_json',
    message: `${method} ${pathOf(url)} answered ${status} with ${describe(headers, text)}`,
    hints: ['check that the URL is the API, not its web pages: keys profile list'],
    httpStatus: status,
    ...(requestId === undefined ? {} : { requestId }),
  });
}

function describe(headers: Readonly<Record<string, string>>, text: string): string {
  if (text.trim() === '') return 'an empty body instead of JSON';
  const type = mediaType(headers['content-type']) ?? 'a body of unknown type';
  const coding = headers['content-encoding'] ?? 'identity';
  const compression = coding === 'identity' ? '' : ', compressed without being asked to,';
  return `${type}${compression} that is not valid JSON`;
}
