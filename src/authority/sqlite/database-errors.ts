import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { KeysError, systemCode } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';

/** Turns errors of SQLite and of the file system into `KeysError`s that a user can act on. */
export function withDatabaseErrors<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof KeysError) throw error;
    const message = error instanceof Error ? error.message : '';
    // libsql's code is empty if a file cannot be opened at all: a folder, or a file of another user.
    const code = systemCode(error) || (message.startsWith('ConnectionFailed') ? 'SQLITE_CANTOPEN' : '');
    if (isBusy(error)) {
      throw new KeysError({
        code: 'authority_busy',
        message: `the authority's database ${path} is locked by another process`,
        hints: ['try again later, or wait longer with --timeout 2min'],
        cause: error,
      });
    }
    if (code.includes('SQLITE') || /^E[A-Z]+$/.test(code)) {
      throw new KeysError({
        code: 'authority_unusable',
        message: `cannot use the authority's database ${path}: ${message || code}${reasonAt(path)}`,
        hints: ['keys doctor'],
        cause: error,
      });
    }
    throw error;
  }
}

/** What SQLite does not say: why nothing can be written there. */
function reasonAt(path: string): string {
  try {
    accessSync(dirname(path), constants.W_OK);
    return statfsSync(dirname(path)).bavail === 0 ? ' (the disk is full)' : '';
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EROFS') return ' (the disk is read-only)';
    return code === 'EACCES' ? ' (its folder is not writable)' : '';
  }
}

export function isBusy(error: unknown): boolean {
  return systemCode(error)?.startsWith('SQLITE_BUSY') ?? false;
}

export function newerDatabase(name: string): KeysError {
  return new KeysError({
    code: 'authority_newer',
    message: `${name} was written by a newer version of keys`,
    hints: ['update keys to that version or a later one'],
  });
}

export function databaseReplaced(path: string): KeysError {
  return new KeysError({
    code: 'authority_gone',
    message: `the authority's database ${path} was removed or replaced while it was open`,
    hints: ['put it back (keys restore <file>), then restart the server'],
  });
}

/** `traces`: the files that show that the database once existed. */
export function databaseMissing(
  path: string,
  traces: readonly string[],
  state: 'is gone' | 'is empty',
): KeysError {
  return new KeysError({
    code: 'authority_missing',
    message: `the authority's database ${path} ${state}; the keys it issued are lost with it`,
    hints: [
      'put it back: keys restore <file>',
      `to start over without them: rm -f ${[path, ...traces].map(shellWord).join(' ')}`,
    ],
  });
}
