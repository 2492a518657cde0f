import { monotonicMs } from '../../platform/monotonic.ts';
import type { DatabasePool, DatabaseSession } from './database-pool.ts';

/** How long after a question was sent its answer lets this process believe what it knows. */
const trustMs = 80;

/** While there is traffic, the next question is sent this long after the last one. */
const askAgainMs = 30;

/** Between attempts to connect. */
const reconnectMs = 250;

/** A channel that does not answer for this long is given up. */
const silenceMs = 1000;

export interface ChannelEvents {
  /** A key was changed. */
  onChange(keyId: string): void;
  /** From here on nothing that was known before may be believed. */
  onLoss(): void;
}

/**
 * Hears of changed keys. What this process knows of keys may be believed until `validUntil`, which is a proof and not a
 * guess: PostgreSQL queues the notice of a change for each listening connection before it acknowledges the change, and a
 * connection hands out what is queued before it answers its next statement as done. So once a question on this connection
 * is answered, every change that was acknowledged before the question was sent has been heard, and what was not announced was
 * still true at that moment. Without an answer that is fresh, the database has to be asked for each use. That is always so
 * behind a pooler of connections.
 */
export class ChangeChannel {
  readonly #pool: DatabasePool;
  readonly #events: ChannelEvents;
  #session: DatabaseSession | undefined;
  #isConnecting = false;
  #isAsking = false;
  #isClosed = false;
  #validUntil = 0;
  #lastAttempt = Number.NEGATIVE_INFINITY;
  #distrustedAt = Number.NEGATIVE_INFINITY;
  #lostChannels = 0;

  constructor(pool: DatabasePool, events: ChannelEvents) {
    this.#pool = pool;
    this.#events = events;
  }

  /** How often the connection was lost. */
  get lostChannels(): number {
    return this.#lostChannels;
  }

  /** Without traffic, a channel that is connected is asked nothing, and nothing is believed. */
  get isConnected(): boolean {
    return this.#session !== undefined;
  }

  /** Whether what is known may be believed now. Sees to it that the next use finds an answer. */
  isTrusted(): boolean {
    const now = monotonicMs();
    if (now - this.#lastAttempt >= (this.#session ? askAgainMs : reconnectMs)) this.#renew(now);
    return now < this.#validUntil;
  }

  /** After a change by this process, which is to know it at once: only an answer to a later question counts. */
  distrust(): void {
    this.#distrustedAt = monotonicMs();
    this.#validUntil = 0;
    this.#lastAttempt = Number.NEGATIVE_INFINITY;
  }

  /** Asks now. Resolves once what is known may be believed, or no answer has come. */
  async renew(): Promise<boolean> {
    await this.#renew(monotonicMs());
    return monotonicMs() < this.#validUntil;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop(this.#session);
  }

  async #renew(now: number): Promise<void> {
    if (this.#isConnecting || this.#isAsking || this.#isClosed) return;
    this.#lastAttempt = now;
    if (!this.#session) await this.#connect();
    if (this.#session) await this.#ask(this.#session);
  }

  async #connect(): Promise<void> {
    this.#isConnecting = true;
    let session: DatabaseSession | undefined;
    try {
      session = await this.#pool.dedicated((ended) => this.#drop(ended));
      const listening = session;
      listening.client.on('notification', ({ payload }) => {
        if (listening === this.#session && payload !== undefined) this.#events.onChange(payload);
      });
      await listening.query('LISTEN keys_authority', [], { timeoutMs: silenceMs });
      const { rows } = await listening.query('SELECT pg_backend_pid() AS pid', [], { timeoutMs: silenceMs });
      // A pooler in between has keys of its own, and may swallow notices.
      if (rows[0]?.pid !== listening.client.serverProcess)
        throw new Error('the connection is not to PostgreSQL itself');
      // What was read before this moment may have changed unheard.
      this.#events.onLoss();
      if (this.#isClosed) listening.close();
      else this.#session = listening;
    } catch {
      // The next use tries again; until then the database is asked for each one.
      session?.close();
    } finally {
      this.#isConnecting = false;
    }
  }

  async #ask(session: DatabaseSession): Promise<void> {
    this.#isAsking = true;
    const sentAt = monotonicMs();
    try {
      await session.query('SELECT 1', [], { name: 'keys_ask', timeoutMs: silenceMs });
      const isCurrent = session === this.#session && sentAt > this.#distrustedAt;
      if (isCurrent) this.#validUntil = sentAt + trustMs;
    } catch {
      session.close();
      this.#drop(session);
    } finally {
      this.#isAsking = false;
    }
  }

  #drop(session: DatabaseSession | undefined): void {
    if (!session || session !== this.#session) return;
    session.close();
    this.#session = undefined;
    this.#validUntil = 0;
    this.#lostChannels += 1;
    this.#events.onLoss();
  }
}
