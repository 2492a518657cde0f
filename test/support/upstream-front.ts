import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { envelope, HttpFault } from '../../src/gateway/http-problem.ts';
import type { CallContent } from '../../src/gateway/request-body.ts';
import { prepare } from '../../src/gateway/request-body.ts';
import type { Passage, Passed, Upstream, UpstreamOptions } from '../../src/gateway/upstream.ts';
import { openUpstream } from '../../src/gateway/upstream.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { upstreamKey } from './scripted-upstream.ts';

export const callerKey = 'sk_caller0000000000_secretEXAMPLE';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Call {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
}

/**
 * A server on loopback, until the test ends, that passes every request on as if its caller's key had been checked. After
 * the test, the upstream must not have seen the caller's key, nor any caller the upstream's.
 */
export class UpstreamFront {
  /** What came of each call, in the order of arrival. */
  readonly passed: Promise<Passed>[] = [];
  readonly upstream: Upstream;
  readonly #server = createServer((incoming, response) => void this.#serve(incoming, response));
  readonly #seen: unknown[] = [];
  /** Called before a call is passed on, as an authorising half would be. */
  before: (response: ServerResponse) => void = () => {};
  /** Tells that the caller went away, where it is not the end of the connection that tells. */
  signal: AbortSignal | undefined;
  /** What the caller shows. */
  shown = callerKey;
  /** How many callers are gone, served or not. */
  gone = 0;

  private constructor(upstream: Upstream) {
    this.upstream = upstream;
  }

  static async start(
    scripted: ScriptedUpstream | URL,
    options: Partial<UpstreamOptions> = {},
  ): Promise<UpstreamFront> {
    const upstream = openUpstream({
      url: scripted instanceof URL ? scripted : scripted.url,
      key: async () => new Secret(upstreamKey),
      env: {},
      connectTimeout: 5000,
      silence: 20_000,
      longest: 60_000,
      ...options,
    });
    const front = new UpstreamFront(upstream);
    await once(front.#server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(async () => {
      front.#server.closeAllConnections();
      await new Promise((done) => front.#server.close(done));
      const results = await Promise.allSettled(front.passed);
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

  /** What came of the last call. */
  get lastPassed(): Promise<Passed> {
    return this.passed.at(-1) ?? expect.fail('no call has arrived');
  }

  /** Calls and gives the whole reply. Rejects where it breaks off. */
  async call(target: string, call: Call = {}): Promise<Reply> {
    const reply = await this.open(target, call);
    const chunks: Buffer[] = [];
    for await (const chunk of reply) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    this.#seen.push(body);
    return { status: reply.statusCode ?? 0, headers: reply.headers, body };
  }

  /** Calls and gives the reply as soon as its headers are there. */
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
    const rest = { callerKey: this.shown, signal: this.signal ?? gone.signal };
    const passing = this.#pass({ method, target, headers, body }, rest, response);
    this.passed.push(passing);
    await passing.catch(() => response.destroy());
  }

  async #pass(
    content: CallContent,
    rest: Pick<Passage, 'callerKey' | 'signal'>,
    response: ServerResponse,
  ): Promise<Passed> {
    try {
      return await this.upstream.pass({ ...prepare(content, false), ...rest }, response);
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      const { status, code } = error.fault;
      response.writeHead(status).end(JSON.stringify(envelope(error.fault)));
      return { status, code: code as 'INVALID_REQUEST' };
    }
  }
}

/** A source of the upstream's key that gives it when the test says so. */
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
