import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { systemCode } from '../base/errors.ts';
import type { Dispatcher } from '../http/dispatcher.ts';
import type { Question } from './proxy-request.ts';
import type { RefusalCode } from './refusal.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** The bytes as they come; it fails with a `Breakdown`. Until it is read, no more than 64 KB are taken from the network. */
  body: Readable;
}

export interface Patience {
  /** Milliseconds until the connection stands. */
  connectTimeout: number;
  /** Milliseconds until the headers of the answer, and without a byte between pieces of its body. */
  silence: number;
  /** Milliseconds for the whole answer, however steadily it comes. */
  longest: number;
  /** Aborts when nobody waits for the answer any more. */
  leaving: AbortSignal;
}

/** No answer, or only the beginning of one. */
export class Breakdown extends Error {
  override readonly name = 'Breakdown';
  readonly code: RefusalCode | 'CLIENT_CLOSED';
  /** A code of Node.js or undici, or a word of ours. What they say beyond it may quote the answer. */
  readonly reason: string;

  constructor(code: Breakdown['code'], reason: string) {
    super(`${code}: ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}

/** The longest time that a timer of Node.js can hold, in milliseconds; it takes more for 1. */
const longestTimer = 2 ** 31 - 1;

/**
 * Sends a request, once, and gives its answer as soon as the headers are there, whatever the status. Rejects with a
 * `Breakdown`; with anything else only for a wrong call. undici's own timers are left alone: they are up to a second
 * late, and do not reach the conversation with a proxy.
 */
export function ask(
  dispatcher: Dispatcher,
  { origin, method, path, headers, body: content }: Question,
  { connectTimeout, silence, longest, leaving }: Patience,
): Promise<Answer> {
  return new Promise((answered, failed) => {
    let controller: Dispatcher.DispatchController | undefined;
    let body: Readable | undefined;
    let [over, isPaused] = [false, false];
    let timer = setTimeout(
      () => stop(new Breakdown('UPSTREAM_UNREACHABLE', 'timeout')),
      bounded(connectTimeout),
    );

    let wholeTimer: NodeJS.Timeout | undefined;

    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop(new Breakdown('UPSTREAM_TIMEOUT', 'silence')), bounded(silence));
    };
    const finish = () => {
      over = true;
      clearTimeout(timer);
      clearTimeout(wholeTimer);
      leaving.removeEventListener('abort', onLeaving);
    };
    const stop = (error: Error) => {
      if (over) return;
      finish();
      if (body) body.destroy(error);
      else failed(error);
      controller?.abort(error);
    };
    const onLeaving = () => stop(new Breakdown('CLIENT_CLOSED', 'left'));
    if (leaving.aborted) return onLeaving();
    leaving.addEventListener('abort', onLeaving);

    dispatcher.dispatch(
      { origin, path, method, headers, body: content ?? null },
      {
        // The connection stands and the request is written next: from here on it may have arrived.
        onRequestStart(control) {
          if (over) return control.abort(new Error('stopped'));
          controller = control;
          watch();
          wholeTimer = setTimeout(
            () => stop(new Breakdown('UPSTREAM_TIMEOUT', 'without end')),
            bounded(longest),
          );
        },
        onResponseStart(control, status, fields) {
          // After a 1xx comes the answer proper (RFC 9110 section 15.2), which it does not put off.
          if (over || status < 200) return;
          watch();
          body = new Readable({
            read() {
              if (!isPaused || over) return;
              isPaused = false;
              watch();
              control.resume();
            },
            destroy(error, done) {
              stop(error ?? new Breakdown('CLIENT_CLOSED', 'not read'));
              done(error);
            },
          });
          // Whoever reads it gets the error; if nobody does, it is no bug.
          body.on('error', () => {});
          answered({ status, headers: fields, body });
        },
        onResponseData(control, chunk) {
          if (over || !body) return;
          if (body.push(chunk)) return watch();
          // The caller is slow now, not the upstream.
          isPaused = true;
          clearTimeout(timer);
          control.pause();
        },
        onResponseEnd() {
          if (over) return;
          finish();
          body?.push(null);
        },
        onResponseError(_, error) {
          stop(explained(error, controller ? (body ? 'body' : 'headers') : 'connection'));
        },
      },
    );
  });
}

/** The breakdown for an error of undici, by what was waited for; the error itself where it is a wrong call of ours. */
function explained(error: Error, waitedFor: 'connection' | 'headers' | 'body'): Error {
  const reason = /^Proxy response \(\d{3}\)/.exec(error.message)?.[0] ?? systemCode(error) ?? error.name;
  if (reason === 'UND_ERR_INVALID_ARG' || reason === 'UND_ERR_NOT_SUPPORTED') return error;
  if (waitedFor === 'connection') return new Breakdown('UPSTREAM_UNREACHABLE', reason);
  return new Breakdown(waitedFor === 'headers' ? 'UPSTREAM_FAILED' : 'UPSTREAM_BROKE_OFF', reason);
}

/** A span that `setTimeout` can hold. */
export function bounded(milliseconds: number): number {
  return Math.min(milliseconds, longestTimer);
}
