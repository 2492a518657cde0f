import type { ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { systemCode } from '../base/errors.ts';
import { single } from './headers.ts';
import type { ResponseSearch } from './response-search.ts';
import { timerMs } from './send.ts';
import type { UpstreamResponse } from './types.ts';
import { UpstreamError } from './upstream-error.ts';
import type { UsageMeter } from './usage-block.ts';

/** The largest error that is forwarded: 1 MB. */
const maxErrorBytes = 1024 * 1024;

export interface RelayOptions {
  meter: UsageMeter | undefined;
  /** Searches for what the caller must not get; absent: nothing to search for. */
  search: ResponseSearch | undefined;
  /** How long a caller may take nothing. */
  idleMs: number;
}

/** Decompressors by the name of the coding (RFC 9110 section 8.4.1). */
const decompressors: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The body of a response without its compression, which some upstreams apply even when asked not to; undefined if the
 * compression is unknown.
 */
export function decodedBody({ headers, body }: UpstreamResponse): Readable | undefined {
  const coding = single(headers, 'content-encoding')?.trim().toLowerCase() || 'identity';
  if (coding === 'identity') return body;
  const decompressor = decompressors[coding]?.();
  if (!decompressor) return undefined;
  body.once('error', (error) => decompressor.destroy(error));
  decompressor.once('close', () => body.destroy());
  return body.pipe(decompressor);
}

/**
 * Relays the body of a response as it comes, to the meter as well, no faster than the caller takes it. What `search`
 * finds is never relayed and breaks the response off. Rejects with the `UpstreamError` of the body, and with one if the
 * caller takes nothing for `idleMs` milliseconds.
 */
export async function relay(
  body: Readable,
  response: ServerResponse,
  { meter, search, idleMs }: RelayOptions,
): Promise<void> {
  // Now, because the first piece of the body may be minutes away.
  response.flushHeaders();
  try {
    for await (const chunk of body) {
      meter?.add(chunk);
      const safeBytes: Buffer | undefined = search ? search.add(chunk) : chunk;
      if (!safeBytes) throw new UpstreamError('KEY_IN_ANSWER', "the upstream's key in its answer");
      if (safeBytes.length > 0 && !response.write(safeBytes)) await drained(response, body, idleMs);
    }
  } catch (error) {
    // From our own decompressor; the body itself fails with an `UpstreamError`.
    if (/^(?:Z|ERR)_/.test(systemCode(error) ?? ''))
      throw new UpstreamError('UPSTREAM_BROKE_OFF', 'compressed badly');
    throw error;
  }
  response.end(search?.end());
}

/**
 * The whole body of an error, to be inspected before it is forwarded; undefined if it is too long or compressed. Rejects
 * with the `UpstreamError` of the body.
 */
export async function readError({ headers, body }: UpstreamResponse): Promise<Buffer | undefined> {
  if ((single(headers, 'content-encoding')?.trim().toLowerCase() || 'identity') !== 'identity')
    return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxErrorBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Ends an incomplete response in a way that the caller cannot mistake for the end of a complete one. */
export function breakOff(response: ServerResponse): void {
  // In HTTP/1.0 the end of the connection ends the body, so only a reset says that it is incomplete.
  if (response.req.httpVersion === '1.0') response.socket?.resetAndDestroy();
  response.destroy();
}

/** Resolves when the response accepts more, or when that no longer matters: the body then says why. */
function drained(response: ServerResponse, body: Readable, idleMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: UpstreamError) => {
      clearTimeout(timer);
      response.off('drain', onEvent).off('close', onEvent);
      body.off('close', onEvent);
      if (error) reject(error);
      else resolve();
    };
    const onEvent = () => end();
    const timer = setTimeout(() => end(new UpstreamError('CLIENT_CLOSED', 'stalled')), timerMs(idleMs));
    if (response.destroyed || body.destroyed) return end();
    response.on('drain', onEvent).on('close', onEvent);
    body.on('close', onEvent);
  });
}
