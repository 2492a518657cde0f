import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../base/errors.ts';
import type { Fleet, FleetSelection } from '../keys/rotation/fleet.ts';
import { ownUid, readOwnFile } from '../platform/own-files.ts';

/*
 * Which keys a run over all keys has rotated: JSON lines, 0600, without a secret. First what the run is about, then the id
 * of each new key. Nothing depends on it: without the file, or a line of it, a key is rotated once more. So it is not
 * synced, a file that is not as expected does not count, and a fault never fails a rotation.
 */

export interface FleetOptions {
  path: string;
  /** Places can be relative to it. */
  cwd: string;
  now: () => Date;
  makeFolder: (path: string) => void;
  /** Told once if the file cannot be written. */
  warn: (text: string) => Promise<void>;
}

interface Header extends Pick<FleetSelection, 'expires'> {
  version: 1;
  startedAt: number;
  /** Of the terms. The terms themselves may be long. */
  digest: string;
}

const maxAgeMs = 86_400_000;
const maxBytes = 16 * 1024 * 1024;

/** Continues the run that the file is about if it is the same one, and less than a day old; else begins another. */
export function openFleetFile(options: FleetOptions, selection: FleetSelection): Fleet {
  const earlier = readFleet(options, selection);
  const file = new FleetFile(options, selection, earlier?.startedAt ?? options.now().getTime());
  return {
    startedAt: file.startedAt,
    doneIds: earlier?.doneIds ?? new Set(),
    note: (newId) => file.append(newId),
    close: ({ isWhole }) => file.close(isWhole),
  };
}

class FleetFile {
  readonly startedAt: number;
  readonly #options: FleetOptions;
  readonly #selection: FleetSelection;
  /** Kept open: a file that another process has put in its place since is about another run. */
  #descriptor: number | undefined;
  #fault: unknown;

  constructor(options: FleetOptions, selection: FleetSelection, startedAt: number) {
    this.#options = options;
    this.#selection = selection;
    this.startedAt = startedAt;
  }

  append(newId: string): void {
    if (this.#fault !== undefined) return;
    try {
      this.#descriptor ??= this.#open();
      // What a killed process has left of a line ends here.
      writeFileSync(this.#descriptor, `\n${JSON.stringify(newId)}\n`);
    } catch (error) {
      this.#fault = error;
    }
  }

  async close(isWhole: boolean): Promise<void> {
    const { path, warn } = this.#options;
    try {
      if (isWhole) this.#remove();
    } catch (error) {
      this.#fault ??= error;
    }
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    if (this.#fault !== undefined)
      await warn(
        `${path} could not be written (${systemCode(this.#fault) ?? 'unknown error'}): the same command may rotate other keys than the rest`,
      );
  }

  /** Another process may have begun the same run in the meantime. */
  #open(): number {
    const { path, makeFolder } = this.#options;
    const { O_APPEND, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
    const flags = O_APPEND | O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
    if (readFleet(this.#options, this.#selection)) return openSync(path, flags);
    makeFolder(dirname(path));
    rmSync(path, { force: true });
    const descriptor = openSync(path, flags | O_CREAT | O_EXCL, 0o600);
    const { expires } = this.#selection;
    const digest = digestOf(this.#options, this.#selection);
    const header: Header = { version: 1, startedAt: this.startedAt, digest, expires };
    writeFileSync(descriptor, `${JSON.stringify(header)}\n`);
    return descriptor;
  }

  /** Only the file of this run. */
  #remove(): void {
    const { path } = this.#options;
    if (this.#descriptor === undefined) {
      if (readFleet(this.#options, this.#selection)) unlinkSync(path);
      return;
    }
    const entry = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (entry?.ino === fstatSync(this.#descriptor, { bigint: true }).ino) unlinkSync(path);
  }
}

interface EarlierFleet {
  startedAt: number;
  doneIds: ReadonlySet<string>;
}

/** Undefined: there is none that counts. */
function readFleet(options: FleetOptions, selection: FleetSelection): EarlierFleet | undefined {
  const { path, now } = options;
  const [first, ...lines] = readOwnFile(path, ownUid(), maxBytes)?.toString().split('\n') ?? [];
  const { version, startedAt, digest, expires } = Object(parsed(first)) as Partial<Header>;
  if (version !== 1 || typeof startedAt !== 'number') return undefined;
  if (digest !== digestOf(options, selection)) return undefined;
  const age = now().getTime() - startedAt;
  if (!(age >= 0 && age < maxAgeMs && isSameExpiry(expires, selection.expires, age))) return undefined;
  const doneIds = lines.map(parsed).filter((id) => typeof id === 'string');
  return { startedAt, doneIds: new Set(doneIds) };
}

function digestOf({ cwd }: FleetOptions, { terms }: FleetSelection): string {
  return createHash('sha256')
    .update(JSON.stringify([cwd, terms]))
    .digest('hex');
}

/** The same moment, or the same span from a later now. */
function isSameExpiry(one: Header['expires'], other: Header['expires'], age: number): boolean {
  if (typeof one !== 'number' || typeof other !== 'number') return one === other;
  return other >= one && other - one <= age;
}

function parsed(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? '');
  } catch {
    return undefined;
  }
}
