import type { Duplex } from 'node:stream';
import pg from 'pg';
import { KeysError } from '../../base/errors.ts';
import type { Environment } from '../../platform/env.ts';
import type { DatabaseUrl } from './database-url.ts';
import { findPassword } from './find-password.ts';
import { postgresError, silentDatabase, withPostgresErrors } from './postgres-errors.ts';
import { tlsOptions } from './tls-options.ts';

/** After this time without a word, the system asks whether the other side is still there. */
const keepAliveDelayMs = 10_000;

/** A server has this much more time than it is told to take: its own report says more than our silence. */
const answerGraceMs = 500;

/** Connections that a process holds open at most, and how long unused ones stay. */
const defaultConnections = 10;
const idleTimeoutMs = 30_000;

export interface PoolOptions {
  env: Environment;
  /** How long to wait for a connection, for a lock, and for the answer to a statement. */
  timeoutMs: number;
  maxConnections?: number;
}

/** The connections of this process to one database. Connects when the first one is needed. */
export class DatabasePool {
  readonly address: DatabaseUrl;
  readonly timeoutMs: number;
  readonly #pool: pg.Pool;
  readonly #config: () => pg.ClientConfig;
  #closed: Promise<void> | undefined;

  constructor(address: DatabaseUrl, { env, timeoutMs, maxConnections = defaultConnections }: PoolOptions) {
    this.address = address;
    this.timeoutMs = timeoutMs;
    const ssl = tlsOptions(address);
    this.#config = () => ({
      host: address.host,
      port: address.port,
      user: address.user,
      database: address.database,
      password: () => requirePassword(address, env),
      ssl,
      application_name: address.applicationName,
      // What holds for this connection whatever the server, the database or the user have for their defaults.
      options: Object.entries({
        lock_timeout: timeoutMs,
        idle_in_transaction_session_timeout: 2 * timeoutMs,
        default_transaction_isolation: 'read\\ committed',
        // What is acknowledged is on disk.
        synchronous_commit: 'on',
      })
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
      statement_timeout: timeoutMs,
      connectionTimeoutMillis: address.connectTimeoutMs ?? timeoutMs,
      // Statements may be sent before the answer to the last one has come.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelayMs,
      types: { getTypeParser: (oid: number) => parsers[oid] ?? asText },
    });
    this.#pool = new pg.Pool({
      ...this.#config(),
      Client: SocketClient as unknown as new () => pg.ClientBase,
      max: maxConnections,
      idleTimeoutMillis: idleTimeoutMs,
      // A command ends although connections are open.
      allowExitOnIdle: true,
    });
    // A connection that ends while it is not used is replaced when the next one is needed.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  get counts(): { open: number; idle: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { open: totalCount, idle: idleCount, waiting: waitingCount };
  }

  /** Lends a connection. One whose work failed in a way that leaves its state unknown is not used again. */
  async use<T>(work: (session: DatabaseSession) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const session = new DatabaseSession(client, this.address.shown, this.timeoutMs);
    try {
      return await withPostgresErrors(this.address.shown, () => work(session));
    } finally {
      client.release(session.isBroken);
    }
  }

  /** A connection of its own, for as long as the caller wants. It is not part of the pool. */
  async dedicated(onEnd: (session: DatabaseSession) => void): Promise<DatabaseSession> {
    const client = new SocketClient(this.#config());
    const session = new DatabaseSession(client, this.address.shown, this.timeoutMs);
    client.on('error', () => {});
    client.once('end', () => onEnd(session));
    await withPostgresErrors(this.address.shown, () => client.connect());
    return session;
  }

  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }

  async #connect(): Promise<SocketClient & pg.PoolClient> {
    try {
      const client = await this.#pool.connect();
      if (!(client instanceof SocketClient))
        throw new TypeError('the pool made a connection of another kind');
      return client;
    } catch (error) {
      if (error instanceof Error && error.message === 'timeout exceeded when trying to connect') {
        throw new KeysError({
          code: 'authority_busy',
          message: `all connections to the authority's database ${this.address.shown} are in use`,
          hints: ['try again later'],
          cause: error,
        });
      }
      throw postgresError(this.address.shown, error);
    }
  }
}

/** One connection. Its statements are answered in time, or it is cut. */
export class DatabaseSession {
  readonly client: SocketClient;
  readonly #shown: string;
  readonly #timeoutMs: number;

  constructor(client: SocketClient, shown: string, timeoutMs: number) {
    this.client = client;
    this.#shown = shown;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether nothing more can be asked of it. */
  get isBroken(): boolean {
    return this.client.socket.destroyed || this.client.getTransactionStatus() !== 'I';
  }

  /** `name`: prepares the statement once for this connection. Rejects with pg's own errors, or `authority_unreachable`. */
  async query(
    text: string,
    values: readonly unknown[] = [],
    { name, timeoutMs = this.#timeoutMs }: { name?: string | undefined; timeoutMs?: number } = {},
  ): Promise<pg.QueryResult> {
    let timer: NodeJS.Timeout | undefined;
    let isSilent = false;
    const limitMs = timeoutMs + answerGraceMs;
    timer = setTimeout(() => {
      isSilent = true;
      this.client.socket.destroy();
    }, limitMs);
    try {
      return await this.client.query({ text, values: [...values], ...(name !== undefined && { name }) });
    } catch (error) {
      throw isSilent ? silentDatabase(this.#shown, limitMs) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** After a failure, which is what the caller reports: a connection that cannot even do this is given up. */
  async rollback(): Promise<void> {
    const isOpen = !this.client.socket.destroyed && this.client.getTransactionStatus() !== 'I';
    if (isOpen) await this.query('ROLLBACK').catch(() => {});
  }

  close(): void {
    this.client.socket.destroy();
  }
}

/** A client whose socket can be cut: a database that is silent never answers a polite end either. */
class SocketClient extends pg.Client {
  readonly socket: Duplex;

  constructor(config: pg.ClientConfig) {
    super(config);
    this.socket = this.connection.stream;
    // pg leaves a connection open on which the login has failed.
    this.connection.on('error', () => this.socket.destroy());
  }

  /** What the other side calls the process that serves this connection; a pooler in between has names of its own. */
  get serverProcess(): unknown {
    return Reflect.get(this, 'processID');
  }
}

function requirePassword(address: DatabaseUrl, env: Environment): string {
  const password = findPassword(address, env);
  if (password) return password.reveal();
  throw new KeysError({
    code: 'authority_login_failed',
    message: `the authority's database ${address.shown} asks for a password, and there is none`,
    hints: ['set PGPASSWORD, or write a line host:port:database:user:password to ~/.pgpass (chmod 600)'],
  });
}

const asText = (text: string) => text;
const asNumber = (text: string) => Number(text);

/** Values as SQLite has them, by type (pg_type.oid): numbers, bytes, texts, and 1 or 0 for a condition. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  16: (text) => Number(text === 't'),
  17: pg.types.getTypeParser(17),
  20: asNumber,
  21: asNumber,
  23: asNumber,
  26: asNumber,
  700: asNumber,
  701: asNumber,
  1700: asNumber,
};
