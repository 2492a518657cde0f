import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import { makePrivateFolder } from '../../platform/paths.ts';
import { databaseGone, databaseMissing } from '../errors.ts';
import type { Connection } from './connection.ts';
import { guarded, openDatabase } from './connection.ts';
import { openForReading } from './read-only.ts';
import { tracesOf } from './status-changes.ts';

/**
 * The authority's database file, and this process's connections to it, each opened when it is first asked for. Reading
 * makes no file: a reader that found none keeps an empty authority in memory until there is one. A file that is removed
 * or replaced while it is open is never used again: SQLite would go on with one that no other process can see.
 */
export class AuthorityFile {
  readonly #path: string;
  readonly #timeout: number;
  readonly #marker: string | undefined;
  #main: { connection: Connection; onDisk: boolean; isFixed: boolean } | undefined;
  #metering: Connection | undefined;
  #opened: Identity | undefined;
  #isWritten = false;

  /**
   * `timeout`: how long to wait for other processes, in milliseconds. `marker`: a file elsewhere that is there as soon as
   * the database is, so that one which is lost is not taken for one that never was.
   */
  constructor(path: string, timeout: number, marker?: string) {
    this.#path = path;
    this.#timeout = timeout;
    this.#marker = marker;
  }

  /**
   * All throw `KeysError`: `authority_gone` where the file is no longer the one that was opened, `authority_missing` where
   * there was one before.
   */
  get reading(): Connection {
    return this.#connect(this.#isThere() ? 'reading' : 'memory');
  }

  /** For what must never be undone: keys, their ends, sessions. Each commit is on disk before it returns. */
  get writing(): Connection {
    this.#isWritten = true;
    return this.#connect('writing');
  }

  /** For counters, logs and places under a rate limit: a commit costs no sync. */
  get metering(): Connection {
    this.#requireSame();
    this.#isWritten = true;
    if (this.#metering) return this.#metering;
    this.#isThere();
    this.#metering = openDatabase(this.#path, this.#timeout, 'grouped');
    this.#opened ??= identityOf(this.#path);
    this.#mark();
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

  #connect(use: 'reading' | 'writing' | 'memory'): Connection {
    this.#requireSame();
    const main = this.#main;
    if (main && (use === 'memory' || (main.onDisk && (use === 'reading' || !main.isFixed))))
      return main.connection;
    if (use === 'writing') this.#isThere();
    main?.connection.close();
    this.#main = { ...this.#openFor(use), onDisk: use !== 'memory' };
    if (use === 'writing') this.#mark();
    return this.#main.connection;
  }

  #openFor(use: 'reading' | 'writing' | 'memory'): { connection: Connection; isFixed: boolean } {
    if (use === 'memory') return { connection: openDatabase(undefined, this.#timeout), isFixed: false };
    const opened =
      use === 'reading'
        ? openForReading(this.#path, this.#timeout)
        : { connection: openDatabase(this.#path, this.#timeout), isFixed: false };
    this.#opened ??= identityOf(this.#path);
    return opened;
  }

  /** Whether there is a database. One that has been there, and is not or is empty, is an error. */
  #isThere(): boolean {
    const found = guarded(this.#path, () => nodeOf(this.#path));
    const isLost = !found || (found.size === 0 && !nodeOf(`${this.#path}-wal`)?.size);
    const traces = isLost ? tracesOf(this.#path, this.#marker) : [];
    if (traces.length > 0) throw databaseMissing(this.#path, traces, found ? 'is empty' : 'is gone');
    return found !== undefined;
  }

  /** That it cannot be set is no reason to do nothing. */
  #mark(): void {
    if (this.#marker === undefined || existsSync(this.#marker)) return;
    try {
      makePrivateFolder(dirname(this.#marker));
      writeFileSync(this.#marker, `${this.#path}\n`, { flag: 'wx', mode: 0o600 });
    } catch {}
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

/** Undefined where there is no such file, nothing in it, or no way to it any more. */
function identityOf(path: string): Identity | undefined {
  try {
    const file = nodeOf(path);
    if (!file || file.size === 0) return undefined;
    return { file: file.name, log: nodeOf(`${path}-wal`)?.name };
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

function nodeOf(path: string): { name: string; size: number } | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && { name: `${found.dev} ${found.ino}`, size: found.size };
}
