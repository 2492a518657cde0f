import type { ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { systemCode } from '../base/errors.ts';
import type { AnswerSearch } from './answer-search.ts';
import { single } from './headers.ts';
import type { Answer } from './send.ts';
import { Breakdown, bounded } from './send.ts';
import type { UsageMeter } from './usage-block.ts';

/** The largest error that is passed on, in bytes: 1 MB. */
const maxError = 1024 * 1024;

export interface StreamOptions {
  meter: UsageMeter | undefined;
  /** For what the caller must not get; absent: there is nothing to look for. */
  search: AnswerSearch | undefined;
  /** Milliseconds. */
  silence: number;
}

/** Decompressors by the name of the coding (RFC 9110 section 8.4.1). */
const decompressors: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The body of an answer as it is meant, for an upstream may compress it though it was asked not to; undefined where it
 * cannot be known. What fails to be decompressed fails as a `Breakdown`.
 */
export function plainBody({ headers, body }: Answer): Readable | undefined {
  const coding = single(headers, 'content-encoding')?.trim().toLowerCase() || 'identity';
  if (coding === 'identity') return body;
  const decompressor = decompressors[coding]?.();
  if (!decompressor) return undefined;
  body.once('error', (error) => decompressor.destroy(error));
  decompressor.once('close', () => body.destroy());
  return body.pipe(decompressor);
}

/**
 * Passes the body of an answer on as it comes, and to the meter; no faster than the caller takes it. What `search` finds
 * is never handed over, and breaks the answer off. Rejects with the `Breakdown` of the answer, and with one where the
 * caller takes nothing for `silence` milliseconds.
 */
export async function stream(
  body: Readable,
  response: ServerResponse,
  { meter, search, silence }: StreamOptions,
): Promise<void> {
  // Not with the first piece of the body, which may be minutes away.
  response.flushHeaders();
  try {
    for await (const chunk of body) {
      meter?.add(chunk);
      const decided: Buffer | undefined = search ? search.add(chunk) : chunk;
      if (!decided) throw new Breakdown('KEY_IN_ANSWER', "the upstream's key in its answer");
      if (decided.length > 0 && !response.write(decided)) await drained(response, body, silence);
    }
  } catch (error) {
    // Only of our own decompressor; the body fails with a `Breakdown`.
    if (systemCode(error)?.startsWith('Z_') || systemCode(error)?.startsWith('ERR_'))
      throw new Breakdown('UPSTREAM_BROKE_OFF', 'compressed badly');
    throw error;
  }
  response.end(search?.end());
}

/**
 * The whole body of an error, for a look before it is passed on; undefined where it is too long for that, or compressed.
 * Rejects with the `Breakdown` of the answer.
 */
export async function readableError({ headers, body }: Answer): Promise<Buffer | undefined> {
  if ((single(headers, 'content-encoding')?.trim().toLowerCase() || 'identity') !== 'identity')
    return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxError) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Ends a response that is incomplete, so that the caller cannot take it for a whole one. */
export function breakOff(response: ServerResponse): void {
  // Where only the end of the connection tells the end of the body, it has to be a reset.
  if (response.req.httpVersion === '1.0') response.socket?.resetAndDestroy();
  response.destroy();
}

/** Resolves when the response takes more, or when that does not matter any more: then the body says why. */
function drained(response: ServerResponse, body: Readable, limit: number): Promise<void> {
  return new Promise((done, failed) => {
    const end = (error?: Breakdown) => {
      clearTimeout(timer);
      response.off('drain', onEvent).off('close', onEvent);
      body.off('close', onEvent);
      if (error) failed(error);
      else done();
    };
    const onEvent = () => end();
    const timer = setTimeout(() => end(new Breakdown('CLIENT_CLOSED', 'stalled')), bounded(limit));
    if (response.destroyed || body.destroyed) return end();
    response.on('drain', onEvent).on('close', onEvent);
    body.on('close', onEvent);
  });
}
