import { existsSync } from 'node:fs';
import type { Connection } from './database.ts';
import { openDatabase } from './database.ts';

/**
 * The authority's database file, and this process's connections to it, each opened when it is first asked for. Reading
 * makes no file: a reader that found none keeps an empty authority in memory until there is one.
 */
export class AuthorityFile {
  readonly #path: string;
  readonly #timeout: number;
  #main: { connection: Connection; onDisk: boolean } | undefined;
  #metering: Connection | undefined;

  /** `timeout`: how long to wait for other processes, in milliseconds. */
  constructor(path: string, timeout: number) {
    this.#path = path;
    this.#timeout = timeout;
  }

  get reading(): Connection {
    return this.#connect(existsSync(this.#path));
  }

  /** For what must never be undone: keys, their ends, sessions. Each commit is on disk before it returns. */
  get writing(): Connection {
    return this.#connect(true);
  }

  /** For counters, logs and places under a rate limit: a commit costs no sync. */
  get metering(): Connection {
    this.#metering ??= openDatabase(this.#path, this.#timeout, 'grouped');
    return this.#metering;
  }

  close(): void {
    this.#main?.connection.close();
    this.#metering?.close();
    this.#main = undefined;
    this.#metering = undefined;
  }

  #connect(onDisk: boolean): Connection {
    if (this.#main && (this.#main.onDisk || !onDisk)) return this.#main.connection;
    this.#main?.connection.close();
    this.#main = { connection: openDatabase(onDisk ? this.#path : undefined, this.#timeout), onDisk };
    return this.#main.connection;
  }
}
