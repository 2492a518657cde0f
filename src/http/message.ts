import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { maskSecrets } from '../base/secret.ts';
import { retryHint } from './retry-hint.ts';
import { mediaType, pathOf } from './trace.ts';

/** A body as JSON whose strings may be secrets: they are revealed only while the bytes are written. */
export type JsonBody =
  | null
  | boolean
  | number
  | string
  | Secret
  | readonly JsonBody[]
  | { readonly [name: string]: JsonBody | undefined };

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: URL;
  /** Values may be secrets: revealed only when sent, `****` in the trace. */
  headers?: Readonly<Record<string, string | Secret>>;
  /** Sent as JSON. */
  body?: JsonBody;
  /**
   * A read, or a write that the server does only once however often it comes: repeated on 429, 5xx and connection
   * failures. Any other write is repeated only where it surely did nothing.
   */
  repeatable: boolean;
  /** It changes nothing, whatever its method. Absent: what GET and HEAD do. */
  reads?: boolean;
}

/** Whether a request changes nothing. */
export function isRead({ method, reads = method === 'GET' || method === 'HEAD' }: HttpRequest): boolean {
  return reads;
}

export interface HttpResponse {
  status: number;
  /** By lower case name; the values of a repeated header are joined by `, ` (RFC 9110 section 5.3). */
  headers: Readonly<Record<string, string>>;
  /** By which those who run the server find the request in their logs; what looks like a secret in it is masked. */
  requestId: string | undefined;
  /** Seconds for which a 429 or a 503 asks to be left alone; undefined where it does not say. */
  retryAfter: number | undefined;
  /** The decoded text of the body. */
  text: string;
  /**
   * The body as JSON. Throws `KeysError` (exit `network`, code `not_json`), which names the content type, the method
   * and the path, never the query and never a part of the body.
   */
  json(): unknown;
}

/** The body is taken for UTF-8, which JSON between systems must be (RFC 8259 section 8.1). */
export function responseOf(
  request: Pick<HttpRequest, 'method' | 'url'>,
  reply: { status: number; headers: Readonly<Record<string, string>>; body: Uint8Array },
  now: Date,
): HttpResponse {
  const { status, headers } = reply;
  const text = new TextDecoder().decode(reply.body);
  return {
    status,
    headers,
    requestId: requestIdOf(headers),
    retryAfter: retryHint(status, headers, now),
    text,
    json() {
      const type = mediaType(headers['content-type']);
      if (type !== undefined && !/^(application|text)\/([\w.-]+\+)?json$/.test(type)) {
        throw notJson(request, { status, headers, text });
      }
      if (isTooDeep(text)) throw tooDeep(request, status);
      try {
        return JSON.parse(text);
      } catch {
        // Without a cause: what the parser says quotes the body, and that may hold a secret.
        throw notJson(request, { status, headers, text });
      }
    },
  };
}

/** Lists and objects in one another: no API has so many, and whoever reads them would run out of stack. */
const deepest = 200;

function isTooDeep(text: string): boolean {
  let [depth, isText] = [0, false];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (isText) {
      if (character === 0x5c) at += 1;
      else if (character === 0x22) isText = false;
    } else if (character === 0x22) isText = true;
    else if (character === 0x5b || character === 0x7b) {
      depth += 1;
      if (depth > deepest) return true;
    } else if (character === 0x5d || character === 0x7d) depth -= 1;
  }
  return false;
}

function tooDeep({ method, url }: Pick<HttpRequest, 'method' | 'url'>, status: number): KeysError {
  return new KeysError({
    code: 'not_json',
    message: `${method} ${pathOf(url)} answered ${status} with JSON of more than ${deepest} levels: it was not read`,
    hints: ['check that the URL is that of the API: keys profile list'],
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
    hints: ['check that the URL is that of the API, not of its web pages: keys profile list'],
    httpStatus: status,
    ...(requestId === undefined ? {} : { requestId }),
  });
}

function describe(headers: Readonly<Record<string, string>>, text: string): string {
  if (text.trim() === '') return 'an empty body, not JSON';
  const type = mediaType(headers['content-type']) ?? 'a body of unknown type';
  const coding = headers['content-encoding'] ?? 'identity';
  const compressed = coding === 'identity' ? '' : ', compressed though that was not asked for,';
  return `${type}${compressed} that cannot be read as JSON`;
}
