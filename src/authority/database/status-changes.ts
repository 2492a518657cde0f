import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { systemCode } from '../../base/errors.ts';

/*
 * What was ended or held back, in a file beside the database: a backup knows nothing of what was revoked after it was made,
 * and the database that did may be lost. One line of JSON for each change, in their order.
 */

/** A key or a session that was revoked; or a key with its new standing. Times are milliseconds since the epoch. */
export interface End {
  key?: string;
  session?: string;
  at: number;
  revoked?: boolean;
  disabled?: boolean;
  /** null: never. */
  expiresAt?: number | null;
}

export function endsFile(database: string): string {
  return `${database}.ends`;
}

/** The files that tell that there has been a database: the list beside it, and the marker elsewhere. */
export function tracesOf(database: string, marker: string | undefined): string[] {
  return [marker, endsFile(database)].filter((path) => path !== undefined && existsSync(path)) as string[];
}

/** Adds to the list, and syncs it. Never throws: what ends a key must not fail for its copy. */
export function appendEnds(database: string, ends: readonly End[]): void {
  try {
    const file = openSync(endsFile(database), 'a', 0o600);
    try {
      // A line that a power cut left unfinished is ended first.
      writeSync(file, `\n${ends.map((end) => JSON.stringify(end)).join('\n')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** In their order; undefined where there is no list, or it cannot be read. Lines that make no sense are left out. */
export function readEnds(database: string): End[] | undefined {
  let text: string;
  try {
    text = readFileSync(endsFile(database), 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
  return text.split('\n').flatMap((line) => {
    const end = line === '' ? undefined : endIn(line);
    return end ? [end] : [];
  });
}

function endIn(line: string): End | undefined {
  try {
    const { key, session, at, revoked, disabled, expiresAt } = JSON.parse(line) as End;
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
