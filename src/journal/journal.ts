import { randomInt } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { KeysError } from '../base/errors.ts';
import { systemCode } from '../base/errors.ts';
import type { EscrowKind, Header, OpenOperation, Setting } from '../keys/operations/open-operation.ts';
import type {
  EscrowedSecret,
  Journal,
  Operation,
  Plan,
  Step,
  WrittenStep,
} from '../keys/operations/operation.ts';
import type { Release } from '../platform/files/file-lock.ts';
import { holdFileLock, probeMs } from '../platform/files/file-lock.ts';
import type { Escrow, Escrows } from './escrow.ts';
import { notWritten } from './file-faults.ts';
import { OperationFile, readOperationFile, stamped } from './operation-file.ts';
import { ignoringAbsence } from './operations.ts';

export interface JournalOptions {
  /** One file per operation. */
  folder: string;
  /** The places where secrets can wait. */
  escrows: Escrows;
  now: () => Date;
  makeFolder: (path: string) => void;
  warn: (text: string) => Promise<void>;
  /** Told of each operation that this process begins, once it has a file. */
  onBegun?: (header: Header) => void;
}

/** Records operations in this setting while they are open. */
export function openJournal(options: JournalOptions, setting: Setting): Journal {
  return { begin: (plan) => begin(options, setting, plan) };
}

async function begin(options: JournalOptions, setting: Setting, plan: Plan): Promise<Operation> {
  const { folder, escrows, now } = options;
  const id = newId();
  const path = join(folder, `${id}.jsonl`);
  makeFolder(options);
  // The id is new: another process holds the lock only for as long as it takes to look at the file.
  const release = await holdFileLock(path, 10_000).catch((error: KeysError) => {
    const { cause } = error.failure;
    throw systemCode(cause)?.startsWith('E') ? notWritten(path, cause) : error;
  });
  if (!release) throw new Error('an operation with this id is in progress');
  let file: OperationFile | undefined;
  let escrow: EscrowKind = 'none';
  try {
    const header = { version: 1 as const, id, at: now().toISOString(), plan, setting };
    file = OperationFile.create(path, header);
    options.onBegun?.(header);
    // What is left in an escrow is found by the file alone. Without an escrow nothing has to be tried first.
    if (escrows.allowed.length > 0) await file.sync();
    escrow = await reserve(escrows, id);
    file.append({ step: 'reserved', escrow, at: now().toISOString() });
    const places = await placesOf(options, escrow);
    return new JournalledOperation(options, { path, header, escrow, steps: [] }, places, file, release);
  } catch (error) {
    if (escrow !== 'none')
      await escrows[escrow]()
        .then((place) => place.erase(id))
        .catch(() => {});
    await file?.close();
    try {
      unlinkSync(path);
    } catch {}
    release();
    throw error;
  }
}

function makeFolder({ folder, makeFolder }: JournalOptions): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw notWritten(folder, error);
  }
}

/** The first escrow that works. */
async function reserve({ allowed, ...escrows }: Escrows, id: string): Promise<EscrowKind> {
  for (const kind of allowed) {
    const works = await escrows[kind]()
      .then((place) => place.reserve(id))
      .then(
        () => true,
        () => false,
      );
    if (works) return kind;
  }
  return 'none';
}

/** Where the secret may be: in every escrow, if the process died before it recorded which. */
async function placesOf(
  { escrows }: JournalOptions,
  escrow: EscrowKind | undefined,
): Promise<readonly Escrow[]> {
  if (escrow === 'none') return [];
  if (escrow !== undefined) return [await escrows[escrow]()];
  return [await escrows.keychain(), await escrows.file()];
}

/** Short enough to type, and without letters that look like digits. */
function newId(): string {
  const letters = '23456789abcdefghjkmnpqrstuvwxyz';
  return Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
}

/** Claims an open operation; undefined if another process works on it, or has ended it. */
export async function resumeOperation(
  options: JournalOptions,
  { path }: OpenOperation,
  lockTimeoutMs = probeMs,
): Promise<Operation | undefined> {
  const release = await holdFileLock(path, lockTimeoutMs);
  if (!release) return undefined;
  try {
    // Another process may have continued or ended it since it was listed.
    const contents = await readOperationFile(path).catch(ignoringAbsence);
    if (contents) {
      const places = await placesOf(options, contents.escrow);
      const file = OperationFile.reopen(path);
      return new JournalledOperation(options, { path, ...contents }, places, file, release);
    }
  } catch (error) {
    release();
    throw error;
  }
  release();
  return undefined;
}

class JournalledOperation implements Operation {
  readonly id: string;
  readonly plan: Plan;
  readonly steps: WrittenStep[];
  readonly escrow: string | undefined;
  readonly #path: string;
  readonly #places: readonly Escrow[];
  readonly #file: OperationFile;
  readonly #options: JournalOptions;
  readonly #release: Release;
  #isLeft = false;

  constructor(
    options: JournalOptions,
    { path, header, escrow, steps }: OpenOperation,
    places: readonly Escrow[],
    file: OperationFile,
    release: Release,
  ) {
    this.id = header.id;
    this.plan = header.plan;
    this.steps = steps;
    this.escrow = escrow === undefined ? undefined : places[0]?.describe(header.id);
    this.#path = path;
    this.#places = places;
    this.#file = file;
    this.#options = options;
    this.#release = release;
  }

  async note(step: Step): Promise<void> {
    this.noteAhead(step);
    await this.settle();
  }

  noteAhead(step: Step): void {
    const stampedStep = stamped(step, this.#options.now());
    this.#file.append(stampedStep);
    this.steps.push(stampedStep);
  }

  settle(): Promise<void> {
    return this.#file.sync();
  }

  async putInEscrow(escrowedSecret: EscrowedSecret): Promise<void> {
    await this.#places[0]?.put(this.id, escrowedSecret);
  }

  async readEscrow(): Promise<EscrowedSecret | undefined> {
    return this.escrow === undefined ? undefined : this.#places[0]?.get(this.id);
  }

  async end(): Promise<void> {
    await this.#clear(() => unlinkSync(this.#path));
  }

  async clearEscrow(): Promise<void> {
    await this.#clear(() => {});
  }

  async #clear(andThen: () => void): Promise<void> {
    // The steps tell why the secret is not in escrow any more. A sink that cannot be read may hold it.
    await this.settle().catch(() => {});
    try {
      for (const place of this.#places) {
        await place.erase(this.id).catch((error: unknown) => {
          // If it is not known whether anything was reserved, this place may not exist.
          if (this.escrow !== undefined) throw error;
        });
      }
      andThen();
    } catch {
      await this.#options.warn(
        `operation ${this.id} could not be removed from the ${this.escrow ?? 'journal'}: keys recover ${this.id}`,
      );
    }
    await this.leave();
  }

  async leave(): Promise<void> {
    // A second call must not release the lock of the next holder.
    if (this.#isLeft) return;
    this.#isLeft = true;
    await this.#file.close();
    this.#release();
  }
}
