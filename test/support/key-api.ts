import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** How an API deviates from the usual. */
export interface Quirks {
  /** It does not store names. */
  dropsNames?: true;
  /** It lists the oldest keys first, at most this many, and reports no more. */
  cutsListAt?: number;
  /** Its declaration says that a list has whole keys. */
  listsWhole?: true;
  /** A key cannot be fetched by its id. */
  hidesKeys?: true;
  /** `POST /keys/:id/roll` replaces the secret; the old one stops working at once. */
  rolls?: true;
  /** It allows one key and refuses another. Without `rolls`, the old key has to be revoked before a new one is created. */
  single?: true;
  /** Milliseconds by which its clock is ahead. */
  clockAhead?: number;
  /** Milliseconds that it takes to create a key, even if the caller disconnects. */
  takes?: number;
  /** Milliseconds before it shows, lists or accepts a new key: it reads from a replica. */
  lagsBy?: number;
  /** The first such call fails with 500: the key is created, or it is not revoked. */
  breaksDown?: 'create' | 'roll' | 'revoke';
  /** Its response to a create is the secret alone. */
  tellsNoId?: true;
  /** A new key gets the lowest free id. */
  reusesIds?: true;
}

interface StoredKey {
  id: string;
  name: string;
  secret: string;
  createdAt: string;
  /** When it becomes visible. Milliseconds since 1970, by the test's clock. */
  seenFrom: number;
}

/** A key-management API on loopback with the session token `tok-EXAMPLE` and these quirks. */
export class KeyApi {
  readonly keys: StoredKey[] = [];
  /** Every revoked key. */
  readonly revoked: StoredKey[] = [];
  readonly requests: string[] = [];
  /** Runs before a key is created, as another client would. */
  onCreate: (() => void) | undefined;
  /** Runs when a key is revoked, as another client would. */
  onRevoke: (() => void) | undefined;
  readonly #quirks: Quirks;
  readonly #server: Server;
  #made = 0;
  #hasBroken = false;

  private constructor(quirks: Quirks) {
    this.#quirks = quirks;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(quirks: Quirks = {}): Promise<KeyApi> {
    const api = new KeyApi(quirks);
    await new Promise<void>((done) => api.#server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      api.#server.closeAllConnections();
      api.#server.close();
    });
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Its declaration, as a user would write it. */
  get declaration(): object {
    const { rolls, single, listsWhole, hidesKeys, tellsNoId } = this.#quirks;
    return {
      id: 'quirky',
      name: 'Quirky API',
      auth: { header: 'Authorization', scheme: 'Bearer' },
      capabilities: {
        overlap: rolls || single ? 'none' : 'client',
        expiry: 'none',
        uniqueNames: false,
        maxKeys: single ? 1 : null,
      },
      list: { get: '/keys', items: 'keys', ...(listsWhole && { whole: true }) },
      ...(!hidesKeys && { show: { get: '/keys/{id}' } }),
      create: { post: '/keys', body: { name: '{name}' }, ...(!tellsNoId && { key: '' }), secret: 'secret' },
      ...(rolls && { rotate: { post: '/keys/{id}/roll', key: '', secret: 'secret' } }),
      revoke: { delete: '/keys/{id}' },
      verify: { get: '/whoami', id: 'id' },
      key: { id: 'id', name: ['name', 'id'], prefix: 'hint', createdAt: 'createdAt' },
    };
  }

  /** Whether the API accepts a key. */
  works(secret: string): boolean {
    return this.keys.some((key) => key.secret === secret.trim());
  }

  /** Creates a key as another client would. */
  add(name: string, { ago = 0, lag = 0 } = {}): StoredKey {
    this.#made += 1;
    const key = {
      id: this.#newId(),
      name,
      secret: `sk_${randomBytes(16).toString('hex')}_EXAMPLE`,
      createdAt: new Date(Date.now() + (this.#quirks.clockAhead ?? 0) - ago).toISOString(),
      seenFrom: Date.now() + lag,
    };
    this.keys.push(key);
    return key;
  }

  #newId(): string {
    if (!this.#quirks.reusesIds)
      return `k${String(this.#made).padStart(4, '0')}${randomBytes(4).toString('hex')}`;
    let id = 1;
    while (this.keys.some((key) => key.id === `key-${id}`)) id += 1;
    return `key-${id}`;
  }

  /** The visible keys. */
  get #seen(): StoredKey[] {
    return this.keys.filter(({ seenFrom }) => seenFrom <= Date.now());
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    try {
      for await (const chunk of request) body += String(chunk);
    } catch {
      return;
    }
    const { method = '', url = '', headers } = request;
    this.requests.push(`${method} ${url}`);
    const answer = (status: number, content: unknown) => {
      const date = new Date(Date.now() + (this.#quirks.clockAhead ?? 0)).toUTCString();
      response.writeHead(status, { 'content-type': 'application/json', date });
      response.end(JSON.stringify(content));
    };
    const credential = (headers.authorization ?? '').replace('Bearer ', '');
    if (url === '/whoami') {
      const own = this.#seen.find(({ secret }) => secret === credential);
      return own ? answer(200, { id: own.id }) : answer(401, { message: 'unknown key' });
    }
    if (credential !== 'tok-EXAMPLE') return answer(401, { message: 'unknown session' });
    const [, , id, verb] = url.split('/');
    if (id === undefined) return method === 'POST' ? this.#create(body, answer) : answer(200, this.#list());
    const key = this.#seen.find((one) => one.id === id);
    if (!key || (method === 'GET' && this.#quirks.hidesKeys)) return answer(404, { message: 'no such key' });
    if (verb === 'roll') {
      await sleep(this.#quirks.takes ?? 0);
      key.secret = `sk_${randomBytes(16).toString('hex')}_EXAMPLE`;
      if (this.#breaks('roll')) return answer(500, { message: 'oops' });
      return answer(200, { ...this.#shown(key), secret: key.secret });
    }
    if (method === 'DELETE' && this.#breaks('revoke')) return answer(500, { message: 'oops' });
    if (method === 'DELETE') {
      this.revoked.push(...this.keys.splice(this.keys.indexOf(key), 1));
      this.onRevoke?.();
    }
    answer(200, this.#shown(key));
  }

  async #create(body: string, answer: (status: number, content: unknown) => void): Promise<void> {
    this.onCreate?.();
    await sleep(this.#quirks.takes ?? 0);
    if (this.#quirks.single && this.keys.length > 0) return answer(409, { message: 'one key at a time' });
    const key = this.add(JSON.parse(body).name, { lag: this.#quirks.lagsBy ?? 0 });
    if (this.#breaks('create')) return answer(500, { message: 'oops' });
    answer(201, { ...(!this.#quirks.tellsNoId && this.#shown(key)), secret: key.secret });
  }

  #breaks(over: Quirks['breaksDown']): boolean {
    const isNow = this.#quirks.breaksDown === over && !this.#hasBroken;
    this.#hasBroken ||= isNow;
    return isNow;
  }

  #list(): object {
    const { cutsListAt = Number.POSITIVE_INFINITY } = this.#quirks;
    const keys = this.#seen.slice(0, cutsListAt).map((key) => this.#shown(key));
    return { keys, total: keys.length };
  }

  #shown({ id, name, secret, createdAt }: StoredKey): object {
    const hint = `${secret.slice(0, 11)}...`;
    return { id, ...(!this.#quirks.dropsNames && { name }), hint, createdAt };
  }
}
