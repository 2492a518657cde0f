import type { Dispatcher } from 'undici';

/** A request as it is sent. */
export interface WireRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Buffer | null;
}

export interface RawResponse {
  kind: 'response';
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** An exchange that ended without a complete response. */
export interface ExchangeFailure {
  kind: 'failure';
  /** Whether any byte of the request may have left: the server may then have acted on it. */
  isSent: boolean;
  cause: 'interrupt' | 'idle' | 'too-slow' | 'too-large' | Error;
}

export type Outcome = RawResponse | ExchangeFailure;

export interface ExchangeLimits {
  /** For connecting (name, TCP, proxy and TLS together), for the headers, and between two pieces of the body. */
  timeoutMs: number;
  /** For the whole exchange, because a response that arrives byte by byte is never idle. */
  callLimitMs: number;
  signal: AbortSignal;
}

/** 32 MB. */
const maxBodyBytes = 32 * 1024 * 1024;

/** The longest time that a timer of Node.js can hold; anything longer fires at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Sends one request and reads its whole response, whatever the status. Never rejects. undici's own timers are switched
 * off: they are up to a second late, and do not cover the handshake with a proxy.
 */
export function exchange(
  dispatcher: Dispatcher,
  { method, url, headers, body }: WireRequest,
  { timeoutMs, callLimitMs, signal }: ExchangeLimits,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const response: RawResponse = { kind: 'response', status: 0, headers: {}, body: Buffer.alloc(0) };
    const chunks: Buffer[] = [];
    let [size, isSent, hasEnded] = [0, false, false];
    let controller: Dispatcher.DispatchController | undefined;

    const end = (outcome: Outcome) => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(idleTimer);
      clearTimeout(callTimer);
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const stop = (cause: ExchangeFailure['cause']) => {
      end({ kind: 'failure', isSent, cause });
      controller?.abort(new Error('stopped'));
    };
    const onAbort = () => stop('interrupt');
    const idleTimer = setTimeout(() => stop('idle'), Math.min(timeoutMs, maxTimerMs));
    const callTimer = setTimeout(() => stop('too-slow'), Math.min(callLimitMs, maxTimerMs));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);

    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers, body },
      {
        // The connection is open and the request is written next: from here on it may have arrived.
        onRequestStart(control) {
          if (hasEnded) return control.abort(new Error('stopped'));
          controller = control;
          isSent = true;
          idleTimer.refresh();
        },
        onResponseStart(_, status, fields) {
          // A 1xx also arrives here; the final response replaces it (RFC 9110 section 15.2). It is no sign of progress.
          if (status >= 200) idleTimer.refresh();
          response.status = status;
          response.headers = byLowerCaseName(fields);
        },
        onResponseData(_, chunk) {
          idleTimer.refresh();
          size += chunk.length;
          if (size > maxBodyBytes) return stop('too-large');
          chunks.push(chunk);
        },
        onResponseEnd() {
          end({ ...response, body: Buffer.concat(chunks) });
        },
        onResponseError(_, error) {
          end({ kind: 'failure', isSent, cause: error });
        },
      },
    );
  });
}

function byLowerCaseName(fields: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), [value ?? ''].flat().join(', ')]),
  );
}
