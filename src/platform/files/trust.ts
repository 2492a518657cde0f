import type { Stats } from 'node:fs';
import { lstatSync, statSync } from 'node:fs';
import { KeysError, systemCode } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';

/*
 * What controls `keys` (where tokens are sent, which program prints one, what is unfinished) is trusted only if the
 * user and root alone can have written it.
 */

/**
 * `home`: a folder whose entries are each checked themselves. It may be writable for others if they cannot replace the
 * user's entries, as in `/tmp` or in a tmpfs of a container (the sticky bit).
 */
export type TrustedKind = 'home' | 'folder' | 'file';

export interface Distrust {
  /** Follows the path in a message. */
  reason: string;
  /** A command that fixes it. */
  hint: string;
}

/** Why a folder or file must not be used; undefined if it may be used, or does not exist. */
export function distrustOf(path: string, kind: TrustedKind): Distrust | undefined {
  const fault = (reason: string) => ({ reason, hint: `ls -ld ${shellWord(path)}` });
  try {
    const link = lstatSync(path, { throwIfNoEntry: false });
    if (!link) return undefined;
    const stats = link.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : link;
    if (!stats) return fault('is a symbolic link to nothing');
    if (kind === 'file' ? !stats.isFile() : !stats.isDirectory())
      return fault(kind === 'file' ? 'is not a plain file' : 'is not a folder');
    const mayAdd = kind === 'home' && (stats.mode & 0o1000) !== 0;
    return ownership(path, link) ?? ownership(path, stats) ?? (mayAdd ? undefined : writers(path, stats));
  } catch (error) {
    // One of the folders above is a file.
    if (systemCode(error) === 'ENOTDIR') return fault('is below something that is not a folder');
    return fault(`cannot be looked up (${systemCode(error) ?? 'unknown error'})`);
  }
}

/** Throws `KeysError` (2) for one that must not be used. */
export function requireTrusted(path: string, kind: TrustedKind): void {
  const distrust = distrustOf(path, kind);
  if (!distrust) return;
  throw new KeysError({
    code: 'not_trusted',
    message: `${path} ${distrust.reason}`,
    hints: [distrust.hint, 'or choose another folder with KEYS_HOME (keys help environment)'],
  });
}

/** Windows has access lists instead of owners and modes. */
function ownership(path: string, { uid }: Stats): Distrust | undefined {
  const own = process.geteuid?.();
  if (own === undefined || uid === own || uid === 0) return undefined;
  return {
    reason: `belongs to another user (${uid})`,
    hint: `if you trust its contents: sudo chown -R ${own} ${shellWord(path)}`,
  };
}

function writers(path: string, { mode }: Stats): Distrust | undefined {
  if (process.platform === 'win32' || (mode & 0o022) === 0) return undefined;
  const octal = `0${(mode & 0o7777).toString(8)}`;
  return {
    reason: `is writable by other users (${octal})`,
    hint: `if you trust its contents: chmod go-w ${shellWord(path)}`,
  };
}
