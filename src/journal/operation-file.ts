import { closeSync, constants, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { systemCode } from '../base/errors.ts';
import type { Contents, EscrowKind, Header } from '../keys/operations/open-operation.ts';
import type { Step, WrittenStep } from '../keys/operations/operation.ts';
import { readBounded, readFault } from '../platform/files/read-file.ts';
import { SharedSync } from '../platform/files/shared-sync.ts';
import { syncFile, syncFolder } from '../platform/files/sync-file.ts';
import { notWritten, unreadable } from './file-faults.ts';
import { lineWithSum, sumOf, withoutSum, withSum } from './line-sum.ts';
import { headerFault, lineFault } from './operation-shape.ts';

/*
 * One operation is one file of JSON lines (https://jsonlines.org), 0600: first its plan, then each step. Lines are only
 * ever appended, and one sync makes all lines before it durable. A last line without its end was being written when the
 * process died: that step has not been taken. A file without its first line, and no file, both mean that nothing has
 * begun, so the file and its name are synced together, in no order.
 *
 * Each line ends with a checksum of itself and of the line before it, so that a damaged file is not mistaken for another
 * valid one. Files of earlier versions have no checksums.
 */

type Line = WrittenStep | { step: 'reserved'; escrow: EscrowKind; at: string };

/** A file that is open for appending. */
export class OperationFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #synced: SharedSync;
  /** Of the last line; undefined in a file without checksums. */
  #sum: string | undefined;
  #isNew: boolean;
  /** Bytes up to the end of the last line. */
  #length: number;
  #lines = 0;
  #syncedLines = 0;

  private constructor(
    path: string,
    descriptor: number,
    { sum, isNew, length }: { sum: string | undefined; isNew: boolean; length: number },
  ) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#synced = new SharedSync(() => this.#syncNow());
    this.#sum = sum;
    this.#isNew = isNew;
    this.#length = length;
  }

  /** Creates the file with its first line, which is not on disk yet. Throws `KeysError`. */
  static create(path: string, header: Header): OperationFile {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | constants.O_WRONLY;
    let file: OperationFile | undefined;
    try {
      file = new OperationFile(path, openSync(path, flags, 0o600), { sum: '', isNew: true, length: 0 });
      file.#append(header);
      return file;
    } catch (error) {
      if (file) closeSync(file.#descriptor);
      throw notWritten(path, error);
    }
  }

  /** Opens an existing file, to continue after its last complete line. Throws `KeysError`, and what opening throws. */
  static reopen(path: string): OperationFile {
    const { end, sum, lacksEnd } = parse(path, readBytes(path));
    const { O_APPEND, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
    try {
      const descriptor = openSync(path, O_APPEND | O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
      ftruncateSync(descriptor, end);
      if (lacksEnd) writeFileSync(descriptor, '\n');
      return new OperationFile(path, descriptor, { sum, isNew: false, length: lacksEnd ? end + 1 : end });
    } catch (error) {
      throw notWritten(path, error);
    }
  }

  /** The line is on disk after the next `sync`. Throws `KeysError`. */
  append(line: Line): void {
    try {
      this.#append(line);
    } catch (error) {
      throw notWritten(this.#path, error);
    }
  }

  /** Resolves when every line is on disk. Throws `KeysError`. */
  async sync(): Promise<void> {
    if (this.#syncedLines === this.#lines) return;
    await this.#synced.wait().catch((error: unknown) => {
      throw notWritten(this.#path, error);
    });
  }

  /** Once, when nothing else will be written. Never throws. */
  async close(): Promise<void> {
    // The descriptor must not become that of another file while it is synced.
    await this.sync().catch(() => {});
    try {
      closeSync(this.#descriptor);
    } catch {}
  }

  #append(line: Header | Line): void {
    const text = JSON.stringify(line);
    const sum = this.#sum === undefined ? undefined : sumOf(this.#sum, text);
    const bytes = Buffer.from(`${sum === undefined ? text : withSum(text, sum)}\n`);
    try {
      writeFileSync(this.#descriptor, bytes);
    } catch (error) {
      // On a full disk, a part of the line is there: the next one must not follow it.
      ftruncateSync(this.#descriptor, this.#length);
      throw error;
    }
    this.#length += bytes.length;
    this.#sum = sum;
    this.#lines += 1;
  }

  async #syncNow(): Promise<void> {
    const lines = this.#lines;
    const name = this.#isNew ? [syncFolder(dirname(this.#path))] : [];
    const syncs = await Promise.allSettled([syncFile(this.#descriptor), ...name]);
    for (const sync of syncs) if (sync.status === 'rejected') throw sync.reason;
    this.#isNew = false;
    this.#syncedLines = lines;
  }
}

/**
 * The content of the file; undefined if it is no more than the beginning of its first line. Throws `KeysError`
 * (`operation_unreadable`) for a file that is damaged, not a plain file, or of a later version; throws ENOENT.
 */
export async function readOperationFile(path: string): Promise<Contents | undefined> {
  return parse(path, readBytes(path)).contents;
}

/** Far more than an operation needs. */
const maxBytes = 4 * 1024 * 1024;

function readBytes(path: string): Buffer {
  try {
    return readBounded(path, { maxBytes, follow: false });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw error;
    throw unreadable(path, readFault(error), error);
  }
}

interface Parsed {
  contents: Contents | undefined;
  /** Bytes up to the end of the last line that counts. */
  end: number;
  /** That line lacks only its line end. */
  lacksEnd: boolean;
  sum: string | undefined;
}

function parse(path: string, bytes: Buffer): Parsed {
  const wholeLines = bytes.lastIndexOf(0x0a) + 1;
  const rest = bytes.toString('latin1', wholeLines);
  if (/[^\x20-\xff]/.test(rest)) throw unreadable(path, 'its last line is damaged');
  const lacksEnd = lineWithSum.test(rest);
  const end = lacksEnd ? bytes.length : wholeLines;
  const id = basename(path, '.jsonl');
  if (end === 0 && isBeginning(rest, id)) return { contents: undefined, end, lacksEnd, sum: '' };
  const lines = decoded(path, bytes.subarray(0, end)).split('\n');
  return { ...contentsOf(path, lacksEnd ? lines : lines.slice(0, -1)), end, lacksEnd };
}

function decoded(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, 'it is not text', error);
  }
}

function contentsOf(
  path: string,
  [first = '', ...others]: readonly string[],
): Pick<Parsed, 'contents' | 'sum'> {
  const hasSums = lineWithSum.test(first);
  let sum = hasSums ? '' : undefined;
  const readLine = (line: string): unknown => {
    if (sum === undefined) return plain(path, parsed(line));
    const [, body = '', recordedSum] = lineWithSum.exec(line) ?? [];
    sum = sumOf(sum, `${body}}`);
    if (recordedSum !== sum) throw unreadable(path, 'a line is damaged, or missing');
    return withoutSum(parsed(line));
  };
  const header = readLine(first);
  const fault = headerFault(header, basename(path, '.jsonl'));
  if (fault) throw unreadable(path, fault);
  const contents: Contents = { header: header as Header, escrow: undefined, steps: [] };
  for (const line of others) {
    const value = readLine(line);
    // In a file without checksums, a line that was appended later may follow half a line.
    if (value === undefined && !hasSums) continue;
    const problem = lineFault(value);
    if (problem) throw unreadable(path, problem);
    const step = value as Line;
    if (step.step === 'reserved') contents.escrow = step.escrow;
    else contents.steps.push(step);
  }
  return { contents, sum };
}

/** Whether a process that died while it created the file can have left this. */
function isBeginning(text: string, id: string): boolean {
  const start = `{"version":1,"id":"${id}"`;
  return text.startsWith(start) || start.startsWith(text);
}

/** A line of an earlier version. A checksum in one is left over from a first line that was damaged. */
function plain(path: string, value: unknown): unknown {
  const { version, id, at, plan, setting, ...others } = Object(value) as Partial<Header>;
  const isDamaged = version === undefined ? 'sum' in others : version === 1 && Object.keys(others).length > 0;
  if (isDamaged) throw unreadable(path, 'a line is damaged, or missing');
  return value;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A step with the time at which it was taken. */
export function stamped(step: Step, now: Date): WrittenStep {
  return { at: now.toISOString(), ...step };
}
