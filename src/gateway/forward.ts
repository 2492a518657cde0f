import type { ServerResponse } from 'node:http';
import { KeysError } from '../base/errors.ts';
import { estimatedCounts } from './estimate.ts';
import { headersForCaller, mediaTypeOf, single } from './headers.ts';
import type { RefusalCode } from './refusal.ts';
import { refuse } from './refusal.ts';
import { breakOff, decodedBody, readError, relay } from './relay.ts';
import { send } from './send.ts';
import type {
  ProxyRequest,
  ProxyResult,
  UpstreamRequest,
  UpstreamResponse,
  UpstreamTarget,
} from './types.ts';
import { UpstreamError } from './upstream-error.ts';
import type { UpstreamCredential } from './upstream-key.ts';
import { upstreamRequestFor } from './upstream-request.ts';
import type { Usage, UsageMeter } from './usage-block.ts';
import { meterFor } from './usage-block.ts';

/** As `Upstream.forward`. */
export async function forward(
  target: UpstreamTarget,
  request: ProxyRequest,
  response: ServerResponse,
): Promise<ProxyResult> {
  const upstreamRequest = await upstreamRequestFor(target, request);
  if (typeof upstreamRequest === 'string') {
    return { status: refuse(response, upstreamRequest), code: upstreamRequest };
  }
  const call = new ProxyCall(target, request, response);
  try {
    return await call.run(upstreamRequest);
  } catch (error) {
    return call.fail(error);
  } finally {
    call.end();
  }
}

/** One call in progress. */
class ProxyCall {
  readonly #target: UpstreamTarget;
  readonly #request: ProxyRequest;
  readonly #response: ServerResponse;
  readonly #leaving = new AbortController();
  readonly #leave = () => this.#leaving.abort();
  #upstream: UpstreamResponse | undefined;
  #meter: UsageMeter | undefined;

  constructor(target: UpstreamTarget, request: ProxyRequest, response: ServerResponse) {
    this.#target = target;
    this.#request = request;
    this.#response = response;
    if (request.signal.aborted || response.destroyed) this.#leave();
    request.signal.addEventListener('abort', this.#leave);
    response.once('close', this.#leave);
  }

  async run(request: UpstreamRequest): Promise<ProxyResult> {
    const { dispatcher, key, timeouts } = this.#target;
    const credential = await key?.read();
    const headers = { ...request.headers, ...credential?.headers() };
    const upstream = await send(dispatcher, { ...request, headers }, timeouts, this.#leaving.signal);
    this.#upstream = upstream;
    const refusal = refusalFor(upstream.status);
    if (refusal === 'UPSTREAM_REFUSED' && credential) key?.reject(credential);
    if (refusal) return this.#refuse(refusal);
    return upstream.status < 400 ? this.#relay(upstream, credential) : this.#relayError(upstream, credential);
  }

  /** Ends the response, whatever `run` was rejected with, and never as if it were complete. Rethrows bugs. */
  fail(error: unknown): ProxyResult {
    const response = this.#response;
    if (error instanceof KeysError) return this.#refuse('UPSTREAM_REFUSED', error.failure.message);
    if (!(error instanceof UpstreamError)) {
      if (response.headersSent) breakOff(response);
      throw error;
    }
    const { code, reason } = error;
    if (code === 'CLIENT_CLOSED') {
      response.destroy();
      return this.#result({ status: 499, code, reason });
    }
    if (!response.headersSent) return this.#refuse(code, reason);
    // Later: listeners that log the end of the response must see the result first.
    setImmediate(() => breakOff(response));
    return this.#result({ status: response.statusCode, code, reason });
  }

  /** Ends the exchange with the upstream, if it is still running. */
  end(): void {
    this.#request.signal.removeEventListener('abort', this.#leave);
    this.#response.off('close', this.#leave);
    this.#upstream?.body.destroy();
  }

  async #relay(upstream: UpstreamResponse, credential: UpstreamCredential | undefined): Promise<ProxyResult> {
    const hasBody = this.#request.method !== 'HEAD' && upstream.status !== 304;
    const decodedStream = hasBody ? decodedBody(upstream) : upstream.body;
    // Without a credential there is nothing to search for, and any compression will do.
    const body = decodedStream ?? (credential ? undefined : upstream.body);
    if (!body) return this.#refuse('UPSTREAM_FAILED', 'unknown compression');
    const headers = body === upstream.body ? upstream.headers : withoutCompression(upstream.headers);
    this.#meter = hasBody ? meterFor(headers) : undefined;
    this.#response.writeHead(upstream.status, this.#headersFor({ ...upstream, headers }, credential));
    const search = credential?.search(mediaTypeOf(headers) === 'text/event-stream');
    const { idleMs } = this.#target.timeouts;
    await relay(body, this.#response, { meter: this.#meter, search, idleMs });
    return this.#result({ status: upstream.status });
  }

  /** Sends an error to the caller in full or not at all: what upstreams put into errors is unpredictable. */
  async #relayError(
    upstream: UpstreamResponse,
    credential: UpstreamCredential | undefined,
  ): Promise<ProxyResult> {
    const body = await readError(upstream);
    if (!body || credential?.isIn(body)) return this.#refuse('UPSTREAM_FAILED', 'unsuitable error');
    const length = this.#request.method === 'HEAD' ? {} : { 'content-length': body.length };
    const headers = { ...this.#headersFor(upstream, credential), ...length };
    this.#response.writeHead(upstream.status, headers).end(body);
    return this.#result({ status: upstream.status });
  }

  #headersFor(
    { status, headers }: UpstreamResponse,
    credential: UpstreamCredential | undefined,
  ): Record<string, string | string[]> {
    const forCaller = headersForCaller(headers, (text) => credential?.isIn(text) ?? false);
    // Ours win: our rate limits, for example, are about the caller's own key.
    const upstreamHeaders = Object.entries(forCaller).filter(([name]) => !this.#response.hasHeader(name));
    return { ...Object.fromEntries(upstreamHeaders), 'x-upstream-status': String(status) };
  }

  #refuse(code: RefusalCode, reason?: string): ProxyResult {
    const upstreamStatus = this.#upstream?.status;
    const retryAfter = this.#upstream && single(this.#upstream.headers, 'retry-after');
    const status = refuse(this.#response, code, { upstreamStatus, retryAfter });
    return this.#result({ status, code, ...(reason === undefined ? {} : { reason }) });
  }

  #result(result: ProxyResult): ProxyResult {
    const usage = this.#meter?.end();
    return {
      ...result,
      ...(this.#upstream ? { upstreamStatus: this.#upstream.status } : {}),
      ...this.#priced(result, usage && this.#attributed(usage)),
    };
  }

  /** The usage with its cost: what the response says, else by the price of the model. */
  #priced(result: ProxyResult, usage: Usage | undefined): Pick<ProxyResult, 'usage' | 'isUnpriced'> {
    const { prices } = this.#target;
    const { method, model: asked } = this.#request;
    const reported = usage && { usage };
    if (!prices || method !== 'POST' || usage?.costUsd !== undefined) return { ...reported };
    const counts = this.#meter?.counts ?? estimatedCounts(this.#request, result, this.#meter);
    if (!counts) return { ...reported };
    const costUsd = prices.costOf({ asked, answered: this.#meter?.model }, counts);
    if (costUsd === undefined) return { ...reported, isUnpriced: true };
    const model = asked === undefined ? {} : { model: asked };
    return { usage: { tokens: 0, ...model, ...usage, costUsd } };
  }

  #attributed(usage: Usage): Usage {
    const { model } = this.#request;
    return model === undefined ? usage : { ...usage, model };
  }
}

/** What to answer in place of an upstream's response with this status; undefined for one that is forwarded. */
function refusalFor(status: number): RefusalCode | undefined {
  // The key is ours, and so is any trouble with it or with its account.
  if ([401, 402, 403, 407].includes(status)) return 'UPSTREAM_REFUSED';
  if (status === 429) return 'UPSTREAM_BUSY';
  // 304 answers a caller that has the content already.
  const isForwarded = status < 300 || status === 304 || (status >= 400 && status < 500);
  return isForwarded ? undefined : 'UPSTREAM_FAILED';
}

/** The headers of a response whose body was decompressed. */
function withoutCompression({ ...headers }: UpstreamResponse['headers']): UpstreamResponse['headers'] {
  delete headers['content-encoding'];
  delete headers['content-length'];
  delete headers.etag;
  return headers;
}
