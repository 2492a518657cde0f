import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import { makePrivateFolder } from '../../platform/paths.ts';
import type { Connection } from './connection.ts';
import { databaseMissing, databaseReplaced, withDatabaseErrors } from './database-errors.ts';
import { openDatabase } from './open-database.ts';
import { openForReading } from './read-only.ts';
import { tracesOf } from './status-changes.ts';

type Use = 'reading' | 'writing' | 'memory';

/**
 * The authority's database file, and this process's connections to it, each opened on first use. Reading never creates the
 * file: until it exists, a reader uses an empty authority in memory. A file that is removed or replaced while it is open
 * is never used again, because SQLite would keep writing to one that no other process can see.
 */
export class DatabaseFile {
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #marker: string | undefined;
  #main: { connection: Connection; onDisk: boolean; isReadOnly: boolean } | undefined;
  #metering: Connection | undefined;
  #openedAs: Identity | undefined;
  #isWritten = false;

  /**
   * `timeoutMs`: how long to wait for other processes. `marker`: a file elsewhere that exists as soon as the database
   * does, to tell a lost database from one that never existed.
   */
  constructor(path: string, timeoutMs: number, marker?: string) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
    this.#marker = marker;
  }

  /**
   * All connections throw `KeysError`: `authority_gone` if the file is no longer the one that was opened,
   * `authority_missing` if there was a database before.
   */
  get reading(): Connection {
    return this.#connect(this.#exists() ? 'reading' : 'memory');
  }

  /** For what must never be lost: keys, revocations, sessions. Each commit is on disk before it returns. */
  get writing(): Connection {
    this.#isWritten = true;
    return this.#connect('writing');
  }

  /** For counters, logs and rate limit slots: a commit costs no sync. */
  get metering(): Connection {
    this.#requireSame();
    this.#isWritten = true;
    if (this.#metering) return this.#metering;
    this.#exists();
    this.#metering = openDatabase(this.#path, this.#timeoutMs, 'grouped');
    this.#openedAs ??= identityOf(this.#path);
    this.#writeMarker();
    return this.#metering;
  }

  get isWritten(): boolean {
    return this.#isWritten;
  }

  /** Merges everything written into the file itself, unless other processes have it open. */
  close(): void {
    this.#metering?.close();
    if (this.#isWritten && this.#main?.onDisk && this.#isSame()) this.#main.connection.checkpoint();
    this.#main?.connection.close();
    this.#main = undefined;
    this.#metering = undefined;
    this.#openedAs = undefined;
    this.#isWritten = false;
  }

  #connect(use: Use): Connection {
    this.#requireSame();
    const main = this.#main;
    if (main && (use === 'memory' || (main.onDisk && (use === 'reading' || !main.isReadOnly))))
      return main.connection;
    if (use === 'writing') this.#exists();
    main?.connection.close();
    this.#main = { ...this.#openFor(use), onDisk: use !== 'memory' };
    if (use === 'writing') this.#writeMarker();
    return this.#main.connection;
  }

  #openFor(use: Use): { connection: Connection; isReadOnly: boolean } {
    if (use === 'memory') return { connection: openDatabase(undefined, this.#timeoutMs), isReadOnly: false };
    const main =
      use === 'reading'
        ? openForReading(this.#path, this.#timeoutMs)
        : { connection: openDatabase(this.#path, this.#timeoutMs), isReadOnly: false };
    this.#openedAs ??= identityOf(this.#path);
    return main;
  }

  /** Whether the file exists. Throws if it existed before and is now missing or empty. */
  #exists(): boolean {
    const file = withDatabaseErrors(this.#path, () => inodeOf(this.#path));
    const isLost = !file || (file.size === 0 && !inodeOf(`${this.#path}-wal`)?.size);
    const traces = isLost ? tracesOf(this.#path, this.#marker) : [];
    if (traces.length > 0) throw databaseMissing(this.#path, traces, file ? 'is empty' : 'is gone');
    return file !== undefined;
  }

  /** Failing to write the marker is no reason to refuse the work. */
  #writeMarker(): void {
    if (this.#marker === undefined || existsSync(this.#marker)) return;
    try {
      makePrivateFolder(dirname(this.#marker));
      writeFileSync(this.#marker, `${this.#path}\n`, { flag: 'wx', mode: 0o600 });
    } catch {}
  }

  #requireSame(): void {
    if (!this.#isSame()) throw databaseReplaced(this.#path);
  }

  #isSame(): boolean {
    if (!this.#openedAs) return true;
    const current = identityOf(this.#path);
    // SQLite creates the log when it first reads or writes.
    this.#openedAs.log ??= current?.log;
    return current?.file === this.#openedAs.file && current.log === this.#openedAs.log;
  }
}

/** Device and inode of the file and of its write-ahead log. */
interface Identity {
  file: string;
  log: string | undefined;
}

/** Undefined if the file is missing, empty or no longer reachable. */
function identityOf(path: string): Identity | undefined {
  try {
    const file = inodeOf(path);
    if (!file || file.size === 0) return undefined;
    return { file: file.id, log: inodeOf(`${path}-wal`)?.id };
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

function inodeOf(path: string): { id: string; size: number } | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && { id: `${stats.dev} ${stats.ino}`, size: stats.size };
}
