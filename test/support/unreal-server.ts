import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface StoredKey {
  name: string;
  hash: string;
  created: number;
  secret: string;
}

/** An API that follows the document of Unreal AI to the letter. */
export class UnrealServer {
  readonly requests: string[] = [];
  /** The `Authorization` header of each request. */
  readonly credentials: (string | undefined)[] = [];
  readonly keys: StoredKey[] = [];
  readonly sessionTokens = new Set(['tok-EXAMPLE']);
  /** While true, every session token is refused. */
  isLocked = false;
  /** Called after a key is created, before the response. */
  onCreate = () => {};
  /** Called when a request arrives; the request is served when the promise resolves. */
  onRequest = async (_what: string): Promise<void> => {};
  /** Whether a request is refused with 429 and the advice to wait 50 s. */
  isOverLimit = (_what: string): boolean => false;
  /** Handles the responses to the next creates, one each, after the key is created. */
  readonly lostReplies: ((response: ServerResponse) => void)[] = [];
  #made = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<UnrealServer> {
    const server = new UnrealServer();
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      server.#server.closeAllConnections();
      server.#server.close();
    });
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '', url = '', headers } = request;
    this.requests.push(`${method} ${url}`);
    this.credentials.push(headers.authorization);
    await this.onRequest(`${method} ${url}`);
    const answer = (status: number, content: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    if (this.isOverLimit(`${method} ${url}`))
      return void response.writeHead(429, { 'retry-after': '50' }).end();
    if (url === '/v1/models') return void this.#models(headers.authorization, answer);
    const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
    if (!this.sessionTokens.has(token) || this.isLocked) {
      return void answer(401, { error: { message: 'unknown session', code: 'UNAUTHORIZED' } });
    }
    if (`${method} ${url}` === 'POST /v1/keys') {
      const made = this.#create(JSON.parse(body).name);
      const lose = this.lostReplies.shift();
      return lose ? lose(response) : void answer(200, made);
    }
    if (`${method} ${url}` === 'GET /v1/keys') {
      return void answer(200, {
        keys: this.keys.map(({ name, hash, created }) => ({ name, hash, created })),
      });
    }
    const index = this.keys.findIndex(({ hash }) => url === `/v1/keys/${hash}`);
    const key = this.keys[index];
    if (!key) return void answer(404, { error: { message: 'no such key' } });
    if (method === 'DELETE') {
      this.keys.splice(index, 1);
      return void answer(200, { deleted: true });
    }
    const { name, hash, created } = key;
    answer(200, { name, hash, created, usage: { requests: 17, tokens: 4250 } });
  }

  /** Creates a key as another client would. */
  add(name: string): void {
    this.#create(name);
  }

  #create(name: string) {
    this.#made += 1;
    const number = this.#made;
    const key = {
      name,
      hash: `hash${number}abcdef`,
      created: 1694268762 + number,
      secret: `sk-a1b2c3d4e5f6g7h8i9j0${number}EXAMPLE`,
    };
    this.keys.push(key);
    this.onCreate();
    return { name, key: key.secret, hash: key.hash, created: key.created };
  }

  #models(authorization: string | undefined, answer: (status: number, content: unknown) => unknown): void {
    const isKnown = this.keys.some(({ secret }) => authorization === `Bearer ${secret}`);
    if (isKnown) answer(200, { object: 'list', data: [{ id: 'mixtral-8x22b-instruct' }] });
    else answer(401, { error: { message: 'unknown key', code: 'INVALID_API_KEY' } });
  }
}
