import type { Dispatcher } from 'undici';

/** A request as it goes over the wire. */
export interface Wire {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Buffer | null;
}

export interface Reply {
  kind: 'reply';
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** An exchange that came to no reply. */
export interface Breakdown {
  kind: 'breakdown';
  /** Whether a byte of the request may have left: then nobody knows what the server has done. */
  sent: boolean;
  cause: 'interrupt' | 'silence' | 'endless' | 'size' | Error;
}

/** Of a reply's body, in bytes: 32 MB. */
const maxBody = 32 * 1024 * 1024;

/** The longest time that a timer of Node.js can hold, in milliseconds; it takes more for 1. */
const longestTimer = 2 ** 31 - 1;

/**
 * Sends one request and reads its whole reply, whatever the status. Never rejects. `timeout` is in milliseconds, for
 * connecting (name, TCP, proxy and TLS together), for the headers and between two pieces of the body; `limit` for all of
 * it, because a reply that comes byte by byte is never silent. undici's own
 * timers are left alone: they are up to a second late, and do not reach the conversation with a proxy.
 */
export function exchange(
  dispatcher: Dispatcher,
  wire: Wire,
  { timeout, limit, interrupt }: { timeout: number; limit: number; interrupt: AbortSignal },
): Promise<Reply | Breakdown> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    let [status, size, sent, over] = [0, 0, false, false];
    let headers: Record<string, string> = {};
    let controller: Dispatcher.DispatchController | undefined;

    const end = (outcome: Reply | Breakdown) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      clearTimeout(whole);
      interrupt.removeEventListener('abort', onInterrupt);
      done(outcome);
    };
    const stop = (cause: Breakdown['cause']) => {
      end({ kind: 'breakdown', sent, cause });
      controller?.abort(new Error('stopped'));
    };
    const onInterrupt = () => stop('interrupt');
    const timer = setTimeout(() => stop('silence'), Math.min(timeout, longestTimer));
    const whole = setTimeout(() => stop('endless'), Math.min(limit, longestTimer));
    if (interrupt.aborted) return onInterrupt();
    interrupt.addEventListener('abort', onInterrupt);

    const { method, url, body } = wire;
    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method, headers: wire.headers, body },
      {
        // The connection stands and the request is written next: from here on it may have arrived.
        onRequestStart(control) {
          if (over) return control.abort(new Error('stopped'));
          controller = control;
          sent = true;
          timer.refresh();
        },
        onResponseStart(_, code, fields) {
          // After a 1xx the reply proper comes here too, and replaces it (RFC 9110 section 15.2); it is no sign of one.
          if (code >= 200) timer.refresh();
          status = code;
          headers = flat(fields);
        },
        onResponseData(_, chunk) {
          timer.refresh();
          size += chunk.length;
          if (size > maxBody) return stop('size');
          chunks.push(chunk);
        },
        onResponseEnd() {
          end({ kind: 'reply', status, headers, body: Buffer.concat(chunks) });
        },
        onResponseError(_, error) {
          end({ kind: 'breakdown', sent, cause: error });
        },
      },
    );
  });
}

function flat(fields: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), [value ?? ''].flat().join(', ')]),
  );
}
