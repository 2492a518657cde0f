import type { IncomingMessage } from 'node:http';
import { request as startRequest } from 'node:http';
import type { StopSignal } from '../platform/stop-signal.ts';
import { StopController } from '../platform/stop-signal.ts';
import type { ConnectionRequest, Connections } from './connections.ts';
import { hostOf } from './connections.ts';
import { Pieces } from './pieces.ts';

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
  /** The body, once it is decoded. */
  text?: string;
}

/** An exchange that ended without a complete response. */
export interface ExchangeFailure {
  kind: 'failure';
  /** Whether any byte of the request may have left: the server may then have acted on it. */
  isSent: boolean;
  cause: 'interrupt' | 'idle' | 'too-slow' | 'too-large' | 'not-http' | Error;
}

export type Outcome = RawResponse | ExchangeFailure;

export interface ExchangeLimits {
  /** For connecting (name, TCP, proxy and TLS together), for the headers, and between two pieces of the body. */
  timeoutMs: number;
  /** For the whole exchange, because a response that arrives byte by byte is never idle. */
  callLimitMs: number;
  signal: StopSignal;
}

/** 32 MB. */
const maxBodyBytes = 32 * 1024 * 1024;

/** The longest time that a timer of Node.js can hold; anything longer fires at once. */
const maxTimerMs = 2 ** 31 - 1;

/** Sends one request and reads its whole response, whatever the status. Rejects only for a request that is a bug. */
export async function exchange(
  connections: Connections,
  request: WireRequest,
  { timeoutMs, callLimitMs, signal }: ExchangeLimits,
): Promise<Outcome> {
  const settling = connections.settle();
  if (settling) await settling;
  return new Promise((resolve) => {
    const body = new Pieces();
    let [isSent, hasEnded] = [false, false];
    const abandoning = new StopController();
    const options = { ...optionsOf(request), agent: connections.agent, abandoned: abandoning };
    if (signal.aborted) return resolve({ kind: 'failure', isSent, cause: 'interrupt' });

    const end = (outcome: Outcome) => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(idleTimer);
      clearTimeout(callTimer);
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const fail = (cause: ExchangeFailure['cause']) => end({ kind: 'failure', isSent, cause });
    const stop = (cause: ExchangeFailure['cause']) => {
      fail(cause);
      abandoning.abort();
      sending.destroy();
    };
    const onAbort = () => stop('interrupt');

    const sending = startRequest(options)
      // The connection is established and the request is written next: from here on it may have arrived.
      .on('socket', (socket) => {
        if (socket.destroyed || !socket.writable) return stop(new Error('closed before use'));
        isSent = true;
        idleTimer.refresh();
      })
      // A 1xx is no response (RFC 9110 section 15.2) and no progress: its own event is not listened to.
      .on('response', (response) => {
        // Node.js takes 101 for a response if it announces no protocol, and does not check the first digit.
        if (Number(response.statusCode) < 200) return stop('not-http');
        idleTimer.refresh();
        response
          .on('data', (piece: Buffer) => {
            idleTimer.refresh();
            if (body.size + piece.length > maxBodyBytes) return stop('too-large');
            body.add(piece);
          })
          .on('end', () => {
            end(responseOf(response, body.joined()));
            // Whatever follows an early reply on this connection belongs to no request. TLS tells late that all is written.
            setImmediate(() => sending.writableFinished || sending.destroy());
          })
          .on('error', fail);
      })
      .on('upgrade', () => stop('not-http'))
      .on('error', fail)
      .end(request.body);
    const idleTimer = setTimeout(() => stop('idle'), Math.min(timeoutMs, maxTimerMs));
    const callTimer = setTimeout(() => stop('too-slow'), Math.min(callLimitMs, maxTimerMs));
    signal.addEventListener('abort', onAbort);
  });
}

function optionsOf({ method, url, headers, body }: WireRequest): ConnectionRequest {
  return {
    method,
    protocol: url.protocol,
    host: hostOf(url),
    port: url.port,
    path: url.pathname + url.search,
    headers: body ? { ...headers, 'content-length': body.length } : headers,
    // Whatever the flags of this process say.
    insecureHTTPParser: false,
  };
}

/** Every value of a repeated header, which `IncomingMessage.headers` does not have. */
function responseOf({ statusCode = 0, rawHeaders }: IncomingMessage, body: Buffer): RawResponse {
  const headers = new Map<string, string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { kind: 'response', status: statusCode, headers: Object.fromEntries(headers), body };
}
