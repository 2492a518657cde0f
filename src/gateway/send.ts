import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { systemCode } from '../base/errors.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { UpstreamRequest, UpstreamResponse, UpstreamTimeouts } from './types.ts';
import { UpstreamError } from './upstream-error.ts';

/** The longest delay that a timer of Node.js can hold; it takes more for 1. */
const maxTimerMs = 2 ** 31 - 1;

/** A delay that `setTimeout` can hold. */
export function timerMs(milliseconds: number): number {
  return Math.min(milliseconds, maxTimerMs);
}

/**
 * Sends a request once and resolves with the response as soon as its headers have arrived, whatever the status. `leaving`
 * aborts when the response is no longer needed. Rejects with an `UpstreamError`; with anything else only for an invalid
 * call. Does not use undici's own timers: they are up to a second late and do not cover the exchange with a proxy.
 */
export function send(
  dispatcher: Dispatcher,
  { origin, method, path, headers, body }: UpstreamRequest,
  timeouts: UpstreamTimeouts,
  leaving: AbortSignal,
): Promise<UpstreamResponse> {
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(timeouts, leaving, resolve, reject);
    if (exchange.isOver) return;
    dispatcher.dispatch({ origin, path, method, headers, body: body ?? null }, exchange);
  });
}

/** The handler of one request; undici calls it as the response arrives. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #timeouts: UpstreamTimeouts;
  readonly #leaving: AbortSignal;
  readonly #resolve: (response: UpstreamResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #leave = () => this.#stop(new UpstreamError('CLIENT_CLOSED', 'left'));
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #totalTimer: NodeJS.Timeout | undefined;
  #isPaused = false;
  isOver = false;

  constructor(
    timeouts: UpstreamTimeouts,
    leaving: AbortSignal,
    resolve: (response: UpstreamResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#timeouts = timeouts;
    this.#leaving = leaving;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = this.#stopAfter(timeouts.connectMs, 'UPSTREAM_UNREACHABLE', 'timeout');
    leaving.addEventListener('abort', this.#leave);
    if (leaving.aborted) this.#leave();
  }

  /** The connection is established and the request is written next: from here on it may have arrived. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isOver) {
      controller.abort(new Error('stopped'));
      return;
    }
    this.#controller = controller;
    this.#watchIdle();
    this.#totalTimer = this.#stopAfter(this.#timeouts.totalMs, 'UPSTREAM_TIMEOUT', 'without end');
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // A 1xx precedes the response proper (RFC 9110 section 15.2) and does not extend the wait for it.
    if (this.isOver || status < 200) return;
    this.#watchIdle();
    const body = new Readable({
      read: () => this.#resume(controller),
      destroy: (error, callback) => {
        this.#stop(error ?? new UpstreamError('CLIENT_CLOSED', 'not read'));
        callback(error);
      },
    });
    // A reader gets the error too; without one it must not be uncaught.
    body.on('error', () => {});
    this.#body = body;
    this.#resolve({ status, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver || !this.#body) return;
    if (this.#body.push(chunk)) {
      this.#watchIdle();
      return;
    }
    // Now the caller is slow, not the upstream.
    this.#isPaused = true;
    clearTimeout(this.#timer);
    controller.pause();
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    this.#finish();
    this.#body?.push(null);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#stop(this.#explain(error));
  }

  #resume(controller: Dispatcher.DispatchController): void {
    if (!this.#isPaused || this.isOver) return;
    this.#isPaused = false;
    this.#watchIdle();
    controller.resume();
  }

  #watchIdle(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#stopAfter(this.#timeouts.idleMs, 'UPSTREAM_TIMEOUT', 'silence');
  }

  #stopAfter(milliseconds: number, code: UpstreamError['code'], reason: string): NodeJS.Timeout {
    return setTimeout(() => this.#stop(new UpstreamError(code, reason)), timerMs(milliseconds));
  }

  #stop(error: Error): void {
    if (this.isOver) return;
    this.#finish();
    if (this.#body) this.#body.destroy(error);
    else this.#reject(error);
    this.#controller?.abort(error);
  }

  #finish(): void {
    this.isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#totalTimer);
    this.#leaving.removeEventListener('abort', this.#leave);
  }

  /** What an error of undici means, by how far the exchange had come; the error itself if the call was invalid. */
  #explain(error: Error): Error {
    const reason = /^Proxy response \(\d{3}\)/.exec(error.message)?.[0] ?? systemCode(error) ?? error.name;
    if (reason === 'UND_ERR_INVALID_ARG' || reason === 'UND_ERR_NOT_SUPPORTED') return error;
    if (!this.#controller) return new UpstreamError('UPSTREAM_UNREACHABLE', reason);
    return new UpstreamError(this.#body ? 'UPSTREAM_BROKE_OFF' : 'UPSTREAM_FAILED', reason);
  }
}
