import type { Work } from './work.ts';

/** How a database in a file is opened. */
export interface FileSettings {
  /** The first write creates it. */
  path: string;
  /** A file elsewhere that shows that a database once existed. */
  marker?: string;
  /** How long to wait for other processes. */
  timeoutMs: number;
}

/** Where the authority keeps its tables. Every method rejects with `KeysError` if the database cannot be used. */
export interface Store {
  /** Runs work that changes nothing. Sees what was committed before. */
  read<T>(work: () => Work<T>): Promise<T>;
  /** Runs work in one transaction: all or nothing, as if no other one ran meanwhile, and durable once it resolves. */
  write<T>(work: () => Work<T>): Promise<T>;
  /** Migrates the tables. Resolves if the database can be used and its tables are those of this program. */
  open(): Promise<void>;
  close(): Promise<void>;
  /** Whether this process has written anything. */
  readonly isWritten: boolean;
  /** A database in a file, which threads can open too; absent: elsewhere. */
  readonly file?: { settings: FileSettings; leaveMerging(): void };
}
