import { existsSync, statSync } from 'node:fs';
import type { Connection } from './database.ts';
import { openDatabase } from './database.ts';
import { databaseGone } from './faults.ts';

/**
 * The authority's database file, and this process's connections to it, each opened when it is first asked for. Reading
 * makes no file: a reader that found none keeps an empty authority in memory until there is one. A file that is removed
 * or replaced while it is open is never used again: SQLite would go on with one that no other process can see.
 */
export class AuthorityFile {
  readonly #path: string;
  readonly #timeout: number;
  #main: { connection: Connection; onDisk: boolean } | undefined;
  #metering: Connection | undefined;
  #opened: Identity | undefined;
  #isWritten = false;

  /** `timeout`: how long to wait for other processes, in milliseconds. */
  constructor(path: string, timeout: number) {
    this.#path = path;
    this.#timeout = timeout;
  }

  /** All throw `KeysError`: `authority_gone` where the file is no longer the one that was opened. */
  get reading(): Connection {
    return this.#connect(existsSync(this.#path));
  }

  /** For what must never be undone: keys, their ends, sessions. Each commit is on disk before it returns. */
  get writing(): Connection {
    this.#isWritten = true;
    return this.#connect(true);
  }

  /** For counters, logs and places under a rate limit: a commit costs no sync. */
  get metering(): Connection {
    this.#requireSame();
    this.#isWritten = true;
    this.#metering ??= this.#open(() => openDatabase(this.#path, this.#timeout, 'grouped'));
    return this.#metering;
  }

  get isWritten(): boolean {
    return this.#isWritten;
  }

  /** Brings all that was written into the file itself, unless other processes have it open. */
  close(): void {
    this.#metering?.close();
    if (this.#isWritten && this.#main?.onDisk && this.#isSame()) this.#main.connection.checkpoint();
    this.#main?.connection.close();
    this.#main = undefined;
    this.#metering = undefined;
    this.#opened = undefined;
    this.#isWritten = false;
  }

  #connect(onDisk: boolean): Connection {
    this.#requireSame();
    if (this.#main && (this.#main.onDisk || !onDisk)) return this.#main.connection;
    this.#main?.connection.close();
    const path = onDisk ? this.#path : undefined;
    const open = () => openDatabase(path, this.#timeout);
    this.#main = { connection: onDisk ? this.#open(open) : open(), onDisk };
    return this.#main.connection;
  }

  #open(open: () => Connection): Connection {
    const connection = open();
    this.#opened ??= identityOf(this.#path);
    return connection;
  }

  #requireSame(): void {
    if (!this.#isSame()) throw databaseGone(this.#path);
  }

  #isSame(): boolean {
    if (!this.#opened) return true;
    const found = identityOf(this.#path);
    // SQLite makes the log when it first reads or writes.
    this.#opened.log ??= found?.log;
    return found?.file === this.#opened.file && found.log === this.#opened.log;
  }
}

/** Which files these are on their disk. The log is what SQLite has committed and not yet brought into the file. */
interface Identity {
  file: string;
  log: string | undefined;
}

/** Undefined where there is no such file, or nothing in it. */
function identityOf(path: string): Identity | undefined {
  const file = nodeOf(path);
  return file === undefined || file.size === 0
    ? undefined
    : { file: file.name, log: nodeOf(`${path}-wal`)?.name };
}

function nodeOf(path: string): { name: string; size: number } | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && { name: `${found.dev} ${found.ino}`, size: found.size };
}
