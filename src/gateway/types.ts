import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from './dispatcher.ts';
import type { Headers } from './headers.ts';
import type { Prices } from './prices.ts';
import type { RefusalCode } from './refusal.ts';
import type { UpstreamKey } from './upstream-key.ts';
import type { Usage } from './usage-block.ts';

/** An authorised call that may be forwarded. */
export interface ProxyRequest {
  method: string;
  /** Path and query, beginning with `/v1/`. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer | undefined;
  /** The model that it names, if any. */
  model?: string | undefined;
  /** The caller's credential; it never reaches the upstream. */
  callerKey: string;
  /** Aborts when the caller disconnects. */
  signal: AbortSignal;
}

/** The outcome of a call. */
export interface ProxyResult {
  /** What the caller got; 499 if it had disconnected. */
  status: number;
  /** What the upstream answered, if it did. */
  upstreamStatus?: number;
  /** Absent if the upstream's response was forwarded in full. */
  code?: RefusalCode | 'CLIENT_CLOSED';
  /** For the operator: a code of Node.js or undici such as ECONNREFUSED, or a few words. Never holds a secret. */
  reason?: string;
  /** The usage that the response reports, even if it broke off later; absent if it reports none. */
  usage?: Usage;
  /** There are prices, but none for this call, and the response does not say what it cost. */
  isUnpriced?: true;
}

/** A server that calls are forwarded to. */
export interface Upstream {
  /**
   * Forwards a call once and streams the response back; ends the caller's response, or destroys it if the upstream's
   * broke off. Resolves once the last byte is written. Headers already set on the response are kept. Rejects only on
   * bugs.
   */
  forward(request: ProxyRequest, response: ServerResponse): Promise<ProxyResult>;
  /** What calls cost whose responses do not say it. */
  readonly prices?: Prices | undefined;
  /** Closes idle connections, and busy ones once their calls end. */
  close(): Promise<void>;
}

/** Where and how to reach an upstream. */
export interface UpstreamTarget {
  dispatcher: Dispatcher;
  origin: string;
  /** The path on the upstream that stands for `/v1`. */
  basePath: string;
  /** Absent if the upstream requires none. */
  key?: UpstreamKey;
  timeouts: UpstreamTimeouts;
  prices?: Prices | undefined;
}

/** In milliseconds. */
export interface UpstreamTimeouts {
  /** Until the connection is established: DNS, TCP, proxy and TLS together. */
  connectMs: number;
  /** Without a byte from the upstream, before its headers and between pieces; also for a caller that reads nothing. */
  idleMs: number;
  /** For a whole response, however steadily it comes. */
  totalMs: number;
}

/** A request as the upstream gets it. */
export interface UpstreamRequest {
  origin: string;
  method: string;
  /** With the query. */
  path: string;
  headers: Headers;
  body: Buffer | undefined;
}

export interface UpstreamResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Fails with an `UpstreamError`. Until it is read, at most 64 KB are taken from the network. */
  body: Readable;
}

/** A call as its caller sent it. */
export interface RequestContent {
  method: string;
  /** Path and query. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer | undefined;
}

/** A call as it can be forwarded. */
export interface PreparedRequest extends RequestContent {
  /** The model that the call is for, if it names one. */
  model?: string;
  /** For a key that is limited to models: every model that the call names. */
  models: readonly string[];
  /** For such a key: it must not be forwarded without a model. */
  takesModel: boolean;
}
