import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeysError, systemCode } from '../errors.ts';
import type { Plan, Step, WrittenStep } from '../lifecycle/operation.ts';

/*
 * One operation is one file of JSON lines (https://jsonlines.org), 0600: first what it sets out to do, then each step.
 * Lines are only ever added, and each is on disk before the next step begins. A last line without its end was being
 * written when the process died: the step it tells of has not been taken.
 */

/** Where an operation takes place, so that `recover` finds the same place again. No secret, no token. */
export interface Setting {
  profile: string;
  provider: string;
  /** The API's address; null for the embedded authority. */
  url: string | null;
  /** What relative paths of sinks mean. */
  cwd: string;
  /** The database, where it is not that of the profile. */
  db?: string;
}

/** Which escrow has the secret: `none` where there was no place for one. */
export type EscrowKind = 'keychain' | 'file' | 'none';

export interface Header {
  version: 1;
  id: string;
  /** RFC 3339. */
  at: string;
  plan: Plan;
  setting: Setting;
}

export interface Contents {
  header: Header;
  /** Undefined where the process died before it was written down. */
  escrow: EscrowKind | undefined;
  steps: WrittenStep[];
}

type Line = WrittenStep | { step: 'reserved'; escrow: EscrowKind; at: string };

/** Makes the file with its first line. Throws `KeysError`; then there is none. */
export async function createOperationFile(path: string, header: Header): Promise<FileHandle> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | constants.O_WRONLY;
  try {
    const file = await open(path, flags, 0o600);
    await append(file, header);
    const folder = process.platform === 'win32' ? undefined : await open(dirname(path), 'r');
    await folder?.sync().finally(() => folder.close());
    return file;
  } catch (error) {
    throw notWritten(path, error);
  }
}

/** Opens a file that exists, to go on with it. */
export async function reopenOperationFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, constants.O_APPEND | constants.O_WRONLY);
    // What stands behind the last line end is half a line.
    if (!/(^|\n)$/.test(await readFile(path, 'utf8'))) await file.write('\n');
    return file;
  } catch (error) {
    throw notWritten(path, error);
  }
}

/** Resolves when the line is on disk. */
export async function writeStep(path: string, file: FileHandle, line: Line): Promise<void> {
  await append(file, line).catch((error: unknown) => {
    throw notWritten(path, error);
  });
}

async function append(file: FileHandle, line: Header | Line): Promise<void> {
  await file.write(`${JSON.stringify(line)}\n`);
  await file.sync();
}

/**
 * What the file says; undefined where its first line is not whole yet. Throws `KeysError` for a file that does not speak
 * the words of this version, and what `readFile` throws.
 */
export async function readOperationFile(path: string): Promise<Contents | undefined> {
  const text = await readFile(path, 'utf8');
  if (!text.includes('\n')) return undefined;
  const [header, ...lines] = text.split('\n').flatMap((line) => parsed(line)) as [Header?, ...Line[]];
  if (header?.version !== 1 || !header.plan || !header.setting) throw unreadable(path);
  const steps: WrittenStep[] = [];
  let escrow: EscrowKind | undefined;
  for (const line of lines) {
    if (line.step === 'reserved') escrow = line.escrow;
    else steps.push(line);
  }
  return { header, escrow, steps };
}

function parsed(line: string): unknown[] {
  try {
    return line === '' ? [] : [JSON.parse(line)];
  } catch {
    return [];
  }
}

/** A step as it is written: when it was taken, and what it was. */
export function stamped(step: Step, now: Date): WrittenStep {
  return { at: now.toISOString(), ...step };
}

function unreadable(path: string): KeysError {
  return new KeysError({
    exit: 'unfinished',
    code: 'operation_unreadable',
    message: `${path} tells of an unfinished operation in a form that this version of keys does not know`,
    hints: ['run keys recover with the version that wrote it', `or look for yourself: cat '${path}'`],
  });
}

export function notWritten(path: string, error: unknown): KeysError {
  if (error instanceof KeysError) return error;
  return new KeysError({
    exit: 'failed',
    code: 'journal_not_written',
    message: `${path} could not be written (${systemCode(error) ?? 'unknown error'}): without a journal no secret is safe`,
    hints: ['choose another place with KEYS_HOME (keys help environment)', `ls -ld '${dirname(path)}'`],
    cause: error,
  });
}
