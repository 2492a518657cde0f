import type { IncomingHttpHeaders } from 'node:http';
import { single } from './headers.ts';
import { HttpProblem } from './http-problem.ts';
import type { JsonOptions, JsonText } from './json-text.ts';
import { InvalidJson, readJson } from './json-text.ts';

/** Reads a body as JSON in UTF-8. Throws `InvalidJson`. */
export function readJsonBody(body: Buffer, options?: JsonOptions): JsonText {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new InvalidJson('the body is not UTF-8');
  }
  return readJson(text, options);
}

/** Whether a body has a Content-Encoding, or a character set other than UTF-8. */
export function isEncoded(headers: IncomingHttpHeaders): boolean {
  const coding = single(headers, 'content-encoding')?.trim().toLowerCase();
  const charsets = (single(headers, 'content-type') ?? '').matchAll(/charset[\s*]*=\s*["']?([^\s;"']*)/gi);
  return (
    (coding !== undefined && coding !== '' && coding !== 'identity') ||
    [...charsets].some(([, charset]) => !/^utf-?8$/i.test(charset ?? ''))
  );
}

export function encodedBody(): HttpProblem {
  return new HttpProblem(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'the body is compressed, or in a character set other than UTF-8',
  );
}

export function notAnObject(): HttpProblem {
  return new HttpProblem(400, 'INVALID_REQUEST', 'the body is not a JSON object');
}
