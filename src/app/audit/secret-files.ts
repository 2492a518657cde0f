import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretFile } from '../../keys/audit/audit-rule.ts';
import { label } from '../../keys/audit/key-label.ts';
import { modeOpenToOthers } from '../../platform/files/private-file.ts';
import { trackedFiles } from '../../sinks/tracked-files.ts';
import type { Context } from '../context.ts';
import type { KeyFile } from './read-places.ts';

/** The files with secrets that exist: those of keys itself, and the places of keys. */
export async function findSecretFiles(context: Context, keyFiles: readonly KeyFile[]): Promise<SecretFile[]> {
  const { paths } = context;
  const own: Named[] = [
    { path: paths.tokens, content: 'session tokens', profile: null },
    ...['', '-wal', '-shm'].map((part) => ({
      path: `${paths.authorityDatabase}${part}`,
      content: 'the keys of the embedded authority',
      profile: null,
    })),
    ...namesIn(paths.escrow).map((name) => ({
      path: join(paths.escrow, name),
      content: 'a secret in escrow',
      profile: null,
    })),
  ];
  // keys writes through no symbolic link, and chmod would change what it leads to.
  const ofKeys = keyFiles
    .filter(({ path }) => !isLink(path))
    .map(({ path, name, profile }) => ({
      path,
      content: `the secret of ${label(name)}`,
      profile,
    }));
  // The first one says what is in a file.
  const files = new Map([...ofKeys.reverse(), ...own.reverse()].map((one) => [one.path, one]));
  const existing = [...files.values()].reverse().filter(({ path }) => isFile(path));
  const tracked = await trackedFiles(
    existing.map(({ path }) => path),
    context.io.env,
  );
  return Promise.all(
    existing.map(async (one) => ({
      ...one,
      // It may be gone by now.
      openMode: await modeOpenToOthers(one.path).catch(() => undefined),
      isTracked: tracked.get(one.path),
    })),
  );
}

type Named = Pick<SecretFile, 'path' | 'content' | 'profile'>;

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
