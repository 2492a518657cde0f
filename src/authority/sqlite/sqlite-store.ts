import type { FileSettings, Store } from '../store/store.ts';
import type { Work } from '../store/work.ts';
import { newerDatabase } from './database-errors.ts';
import { DatabaseFile } from './database-file.ts';
import { isCurrent } from './open-database.ts';
import { runNow } from './run-now.ts';

/** Ten times what SQLite allows: pages of the write-ahead log. The recording thread merges them, so no request waits for it. */
const maxLogPages = 10_000;

/** One SQLite file. Opens it on first use; reading does not create it. */
export class SqliteStore implements Store {
  readonly connections: DatabaseFile;
  readonly file: NonNullable<Store['file']>;

  constructor(settings: FileSettings) {
    const { path, timeoutMs, marker } = settings;
    this.connections = new DatabaseFile(path, timeoutMs, marker);
    this.file = { settings, leaveMerging: () => this.#leaveMerging() };
  }

  async read<T>(work: () => Work<T>): Promise<T> {
    return runNow(this.connections.reading, work());
  }

  async write<T>(work: () => Work<T>): Promise<T> {
    const connection = this.connections.writing;
    return connection.transaction(() => runNow(connection, work()));
  }

  async open(): Promise<void> {
    const { writing, metering } = this.connections;
    writing.get('SELECT 1');
    metering.get('SELECT 1');
    if (!isCurrent(writing)) throw newerDatabase("the authority's database");
  }

  async close(): Promise<void> {
    this.connections.close();
  }

  get isWritten(): boolean {
    return this.connections.isWritten;
  }

  /** Leaves merging the write-ahead log to a thread that records uses, unless it falls far behind. */
  #leaveMerging(): void {
    this.connections.writing.mergeAfter(maxLogPages);
    this.connections.metering.mergeAfter(maxLogPages);
  }
}
