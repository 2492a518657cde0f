import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { Answer, Received } from './fault-server.ts';
import { json } from './fault-server.ts';

export const upstreamKey = 'sk-upstream-EXAMPLE';

/** The response of the upstream's models to every prompt, word by word. */
export const words = ['Hel', 'lo ', 'wörld', ' 🌍'];

/** The usage of every completion. */
export const usage = { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11, cost: 0.0025 };

interface Call {
  model: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
}

/**
 * An OpenAI-compatible server on loopback until the test ends: `GET /v1/models` and `POST /v1/chat/completions`, as JSON
 * or as server-sent events with the usage in the last one, if the call asks for it. It answers 401 without its key.
 * Scripted answers come first; the test fails if one of them is not used.
 */
export class ScriptedUpstream {
  readonly received: Received[] = [];
  /** The key that it requires as `authorization: Bearer`; undefined: none. */
  key: string | undefined = upstreamKey;
  readonly #script: Answer[] = [];
  readonly #server = createServer((request, response) => {
    // An incomplete request does not count.
    this.#serve(request, response).catch(() => response.destroy());
  });

  static async start(): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream();
    await once(upstream.#server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(async () => {
      upstream.#server.closeAllConnections();
      await new Promise((done) => upstream.#server.close(done));
      expect(upstream.#script, 'answers in the script that no request asked for').toEqual([]);
    });
    return upstream;
  }

  /** Ends in `/v1`. */
  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`);
  }

  /** Answers the next requests, whatever they are for, one answer each. */
  next(...answers: Answer[]): this {
    this.#script.push(...answers);
    return this;
  }

  /** The number of its connections. */
  connections(): Promise<number> {
    return new Promise((done, failed) =>
      this.#server.getConnections((error, count) => (error ? failed(error) : done(count))),
    );
  }

  /** The last request. */
  get last(): Received {
    return this.received.at(-1) ?? expect.fail('the upstream got no request');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(chunks) };
    this.received.push(request);
    const answer = this.#script.shift() ?? this.#usual(request);
    answer(response, request);
  }

  #usual({ method, path, headers, body }: Received): Answer {
    if (this.key !== undefined && headers.authorization !== `Bearer ${this.key}`) {
      return json(401, { error: { message: `incorrect API key: ${headers.authorization}` } });
    }
    const route = `${method} ${path.split('?')[0]}`;
    if (route === 'GET /v1/models')
      return json(200, { object: 'list', data: [model('gpt-4'), model('gpt-5')] });
    if (route !== 'POST /v1/chat/completions') return json(404, { error: { message: 'no such route' } });
    const call = JSON.parse(body.toString()) as Call;
    return call.stream
      ? events(...eventsOf(call))
      : json(200, {
          ...completion(call, 'chat.completion'),
          choices: [choice('message', words.join(''))],
          usage,
        });
  }
}

/** A stream of events, sent at once, one write each. */
export function events(...all: string[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const event of all) response.write(event);
    response.end();
  };
}

/** One server-sent event. */
export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/** The events of a streamed chat completion, with those that the call asks for. */
export function eventsOf(call: Call): string[] {
  const chunk = completion(call, 'chat.completion.chunk');
  const isUsageAsked = call.stream_options?.include_usage === true;
  return [
    ...words.map((word) =>
      event({ ...chunk, choices: [choice('delta', word)], ...(isUsageAsked ? { usage: null } : {}) }),
    ),
    ...(isUsageAsked ? [event({ ...chunk, choices: [], usage })] : []),
    event('[DONE]'),
  ];
}

function completion({ model: name }: Call, object: string): Record<string, unknown> {
  return { id: 'chatcmpl-1', object, created: 1_795_000_000, model: `${name}-0613` };
}

function choice(kind: 'message' | 'delta', content: string): unknown {
  return { index: 0, [kind]: { role: 'assistant', content }, finish_reason: null, logprobs: null };
}

function model(id: string): unknown {
  return { id, object: 'model', created: 1_795_000_000, owned_by: 'example' };
}

/** An answer that the test sends piece by piece. */
export class HeldAnswer {
  #arrived: (response: ServerResponse) => void = () => {};
  /** The response, once the request has arrived. */
  readonly response = new Promise<ServerResponse>((done) => {
    this.#arrived = done;
  });
  readonly #headers: Record<string, string>;
  readonly #status: number;

  constructor(headers: Record<string, string> = { 'content-type': 'text/event-stream' }, status = 200) {
    this.#headers = headers;
    this.#status = status;
  }

  /** Sends the headers when the request arrives, then nothing. */
  readonly answer: Answer = (response) => {
    response.writeHead(this.#status, this.#headers).flushHeaders();
    this.#arrived(response);
  };

  async send(piece: string | Buffer): Promise<void> {
    (await this.response).write(piece);
  }

  async end(): Promise<void> {
    (await this.response).end();
  }

  /** Breaks the connection off. */
  async breakOff(): Promise<void> {
    (await this.response).socket?.resetAndDestroy();
  }

  /** Resolves when the other side has ended the connection. */
  async closed(): Promise<void> {
    const response = await this.response;
    if (!response.closed) await once(response, 'close');
  }
}
