import type {
  IncomingHttpHeaders,
  IncomingMessage,
  RequestListener,
  Server,
  ServerResponse,
} from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';

/** A request as it arrived. */
export interface Received {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What the server does with one request. */
export type Answer = (response: ServerResponse, request: Received) => void;

/**
 * A server on loopback that answers each request from a script and can misbehave. The test fails if a request has no
 * answer in the script, or an answer no request.
 */
export class FaultServer {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #scheme: string;
  readonly #script: { route: string; answer: Answer; used: boolean }[] = [];
  readonly #standing = new Map<string, Answer>();
  readonly #unexpected: string[] = [];

  private constructor(tls: { key: string; cert: string } | undefined) {
    const listener: RequestListener = (request, response) => {
      // An incomplete request does not count.
      this.#serve(request, response).catch(() => response.destroy());
    };
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener);
    this.#scheme = tls ? 'https' : 'http';
  }

  /** Listens on a free port until the test ends. With a key and a certificate (PEM): over TLS. */
  static async start(tls?: { key: string; cert: string }): Promise<FaultServer> {
    const server = new FaultServer(tls);
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    onTestFinished(async () => {
      server.#server.closeAllConnections();
      await new Promise((done) => server.#server.close(done));
      const unused = server.#script.filter(({ used }) => !used).map(({ route }) => route);
      expect(server.#unexpected, 'requests without an answer in the script').toEqual([]);
      expect(unused, 'answers in the script that no request asked for').toEqual([]);
    });
    return server;
  }

  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(path: string): URL {
    return new URL(path, this.origin);
  }

  /**
   * Answers the next requests for a route, one answer each, in this order. A route is a method and a path, with its
   * query if it matters: `GET /v1/keys`, `GET /v1/keys?limit=10`.
   */
  on(route: string, ...answers: Answer[]): this {
    this.#script.push(...answers.map((answer) => ({ route, answer, used: false })));
    return this;
  }

  /** Answers all requests for a route, if any, once its script is used up. */
  always(route: string, answer: Answer): this {
    this.#standing.set(route, answer);
    return this;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(chunks) };
    this.received.push(request);
    const routes = [`${method} ${path}`, `${method} ${path.split('?')[0]}`];
    const step = this.#script.find(({ route, used }) => !used && routes.includes(route));
    const standing = routes.map((route) => this.#standing.get(route)).find((answer) => answer);
    if (!step && standing) return standing(response, request);
    if (!step) {
      this.#unexpected.push(`${method} ${path}`);
      response.writeHead(501).end('no answer in the script');
      return;
    }
    step.used = true;
    step.answer(response, request);
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return text(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

export function text(status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, headers).end(body);
}

export function html(status: number): Answer {
  return text(status, '<!doctype html><title>Sign in</title>', {
    'content-type': 'text/html; charset=utf-8',
  });
}

export function redirect(status: number, location: string): Answer {
  return text(status, '', { location });
}

/** The connection is reset before a byte of the reply. */
export const resetBeforeReply: Answer = (response) => {
  response.socket?.destroy();
};

/** The connection is reset after the headers of a success. */
export const resetAfterHeaders: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.flushHeaders();
  setImmediate(() => response.socket?.destroy());
};

/** The connection ends before the announced length of the body. */
export function truncated(status: number, body: string): Answer {
  return (response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': String(body.length + 1000),
    });
    response.write(body, () => response.socket?.end());
  };
}

/** Never answers. */
export const silence: Answer = () => {};

/** Sends the headers and the beginning of a body, then nothing. */
export const silenceInBody: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"keys":');
};

/** Sends a body byte by byte, with a pause in milliseconds before each. */
export function slowDrip(body: string, pause: number): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const bytes = [...body];
    const next = () => {
      const byte = bytes.shift();
      if (byte === undefined) return void response.end();
      response.write(byte);
      setTimeout(next, pause);
    };
    setTimeout(next, pause);
  };
}

/** A body without an end. */
export const endless: Answer = (response) => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.on('drain', more);
  more();
};

/** Bytes that are not HTTP. */
export const notHttp: Answer = (response) => {
  response.socket?.end('220 mail.example.com ESMTP\r\n');
};

/** Headers of more than 16 KB, the limit of most clients. */
export const hugeHeaders = text(200, '{}', { 'x-huge': 'x'.repeat(20_000) });
