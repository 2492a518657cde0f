import type { ServerResponse } from 'node:http';
import type { Answer } from './ask.ts';
import { Breakdown, bounded } from './ask.ts';
import { single } from './headers.ts';
import type { UsageMeter } from './usage-block.ts';

/** The largest error that is passed on, in bytes: 1 MB. */
const maxError = 1024 * 1024;

/**
 * Passes the body of an answer on as it comes, and to the meter; no faster than the caller takes it. Rejects with the
 * `Breakdown` of the answer, and with one where the caller takes nothing for `silence` milliseconds.
 */
export async function stream(
  body: Answer['body'],
  response: ServerResponse,
  { meter, silence }: { meter: UsageMeter | undefined; silence: number },
): Promise<void> {
  // Not with the first piece of the body, which may be minutes away.
  response.flushHeaders();
  for await (const chunk of body) {
    meter?.add(chunk);
    if (!response.write(chunk)) await drained(response, body, silence);
  }
  response.end();
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
function drained(response: ServerResponse, body: Answer['body'], limit: number): Promise<void> {
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
