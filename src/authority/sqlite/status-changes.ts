import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { systemCode } from '../../base/errors.ts';
import type { StatusChange } from '../store/work.ts';

/*
 * What was revoked, disabled or given another expiry, in a file beside the database (`.ends`). A backup does not know what
 * was revoked after it was made, and the database that does may be lost. One line of JSON per change, in order.
 */

export function statusChangesFile(database: string): string {
  return `${database}.ends`;
}

/** The files that show that a database once existed: the list beside it, and the marker elsewhere. */
export function tracesOf(database: string, marker: string | undefined): string[] {
  const candidates = marker === undefined ? [] : [marker];
  return candidates.concat(statusChangesFile(database)).filter((path) => existsSync(path));
}

/** Appends to the list and syncs it. Never throws: a revocation must not fail because its copy does. */
export function appendStatusChanges(database: string, changes: readonly StatusChange[]): void {
  try {
    const file = openSync(statusChangesFile(database), 'a', 0o600);
    try {
      // The leading newline ends a line that a power failure cut short.
      writeSync(file, `\n${changes.map((change) => JSON.stringify(change)).join('\n')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** In order; undefined if there is no list or it cannot be read. Skips lines that make no sense. */
export function readStatusChanges(database: string): StatusChange[] | undefined {
  let text: string;
  try {
    text = readFileSync(statusChangesFile(database), 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
  return text.split('\n').flatMap((line) => {
    const change = line === '' ? undefined : parseLine(line);
    return change ? [change] : [];
  });
}

function parseLine(line: string): StatusChange | undefined {
  try {
    const { key, session, at, revoked, disabled, expiresAt } = JSON.parse(line);
    if (typeof (key ?? session) !== 'string' || typeof at !== 'number') return undefined;
    return {
      ...(typeof key === 'string' ? { key } : { session: String(session) }),
      at,
      ...(revoked === true && { revoked }),
      ...(typeof disabled === 'boolean' && { disabled }),
      ...((expiresAt === null || typeof expiresAt === 'number') && { expiresAt }),
    };
  } catch {
    return undefined;
  }
}
