import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { envelope, HttpProblem } from '../../src/gateway/http-problem.ts';
import { prepareRequest } from '../../src/gateway/prepare-request.ts';
import type {
  ProxyRequest,
  ProxyResult,
  RequestContent,
  Upstream,
  UpstreamTimeouts,
} from '../../src/gateway/types.ts';
import type { UpstreamOptions } from '../../src/gateway/upstream.ts';
import { openUpstream } from '../../src/gateway/upstream.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { upstreamKey } from './scripted-upstream.ts';

export const callerKey = 'sk_caller0000000000_secretEXAMPLE';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface StartOptions extends Partial<Omit<UpstreamOptions, 'timeouts'>> {
  timeouts?: Partial<UpstreamTimeouts>;
}

interface Call {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

/**
 * A server on loopback, until the test ends, that forwards every request as if its caller's key had been checked. After
 * the test, the upstream must not have seen the caller's key, nor any caller the upstream's.
 */
export class UpstreamFront {
  /** The outcome of each call, in the order of arrival. */
  readonly results: Promise<ProxyResult>[] = [];
  readonly upstream: Upstream;
  readonly #server = createServer((incoming, response) => void this.#serve(incoming, response));
  readonly #seen: unknown[] = [];
  /** Runs before a call is forwarded, as the authorisation does. */
  before: (response: ServerResponse) => void = () => {};
  /** Signals that the caller disconnected, in place of the end of the connection. */
  signal: AbortSignal | undefined;
  /** The caller's credential. */
  callerKey = callerKey;
  /** How many callers have disconnected, served or not. */
  gone = 0;

  private constructor(upstream: Upstream) {
    this.upstream = upstream;
  }

  static async start(
    scripted: ScriptedUpstream | URL,
    { timeouts, ...options }: StartOptions = {},
  ): Promise<UpstreamFront> {
    const upstream = openUpstream({
      url: scripted instanceof URL ? scripted : scripted.url,
      key: async () => new Secret(upstreamKey),
      env: {},
      timeouts: { connectMs: 5000, idleMs: 20_000, totalMs: 60_000, ...timeouts },
      ...options,
    });
    const front = new UpstreamFront(upstream);
    await once(front.#server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(async () => {
      front.#server.closeAllConnections();
      await new Promise((done) => front.#server.close(done));
      const results = await Promise.allSettled(front.results);
      await upstream.close();
      const seen = JSON.stringify([front.#seen, results]);
      expect(seen).not.toContain(upstreamKey);
      expect(JSON.stringify(results)).not.toContain(callerKey);
      if (scripted instanceof URL) return;
      const received = scripted.received.map((one) =>
        JSON.stringify({ ...one, body: one.body.toString('latin1') }),
      );
      expect(received.join()).not.toContain(callerKey);
    });
    return front;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The outcome of the last call. */
  get lastResult(): Promise<ProxyResult> {
    return this.results.at(-1) ?? expect.fail('no call has arrived');
  }

  /** Calls and returns the whole reply. Rejects if the reply is incomplete. */
  async call(target: string, call: Call = {}): Promise<Reply> {
    const reply = await this.open(target, call);
    const chunks: Buffer[] = [];
    for await (const chunk of reply) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    this.#seen.push(body);
    return { status: reply.statusCode ?? 0, headers: reply.headers, body };
  }

  /** Calls and returns the reply as soon as its headers arrive. */
  async open(target: string, { method = 'GET', headers = {}, body }: Call = {}): Promise<IncomingMessage> {
    const calling = request(this.origin, {
      path: target,
      method,
      headers: { authorization: `Bearer ${callerKey}`, ...headers },
    });
    calling.end(body);
    const [reply] = (await once(calling, 'response')) as [IncomingMessage];
    this.#seen.push(reply.rawHeaders);
    return reply;
  }

  post(target: string, body: unknown, headers: OutgoingHttpHeaders = {}): Promise<Reply> {
    return this.call(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body instanceof Buffer || typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const gone = new AbortController();
    response.once('close', () => {
      this.gone += 1;
      gone.abort();
    });
    this.before(response);
    const { method = '', url: target = '', headers } = incoming;
    const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
    const rest = { callerKey: this.callerKey, signal: this.signal ?? gone.signal };
    const forwarding = this.#forward({ method, target, headers, body }, rest, response);
    this.results.push(forwarding);
    await forwarding.catch(() => response.destroy());
  }

  async #forward(
    content: RequestContent,
    rest: Pick<ProxyRequest, 'callerKey' | 'signal'>,
    response: ServerResponse,
  ): Promise<ProxyResult> {
    try {
      return await this.upstream.forward({ ...prepareRequest(content, false), ...rest }, response);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      const { status, code } = error;
      response.writeHead(status).end(JSON.stringify(envelope(error)));
      return { status, code: code as 'INVALID_REQUEST' };
    }
  }
}

/** A source of the upstream's key that waits for the test. */
export class HeldKey {
  #give: (key: Secret) => void = () => {};
  readonly #key = new Promise<Secret>((done) => {
    this.#give = done;
  });

  readonly source = (): Promise<Secret> => this.#key;

  give(): void {
    this.#give(new Secret(upstreamKey));
  }
}
