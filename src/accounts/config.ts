import { lstatSync } from 'node:fs';
import type { Config, StoredProfile } from './profile.ts';

/**
 * Reads the file; one that is not there says nothing, and costs nothing to read. `warn` is told of each name in it that is
 * no setting. Throws `KeysError` where it is not what it should be.
 */
export async function readConfig(file: string, warn: (text: string) => Promise<void>): Promise<Config> {
  if (isAbsent(file)) return { currentProfile: undefined, profiles: {} };
  const { readConfigFile } = await import('./config-file.ts');
  const { config, unknown } = readConfigFile(file);
  for (const text of unknown) await warn(`${file}: ${text}`);
  return config;
}

/*
 * The functions below keep every setting that they do not know, and may run in several processes at once. They throw
 * `KeysError` for a file that is not what it should be, or that cannot be written.
 */

function isAbsent(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

/** Stores a profile in place of one of that name. Throws `KeysError` (2) for a name that cannot be one. */
export async function writeProfile(file: string, name: string, profile: StoredProfile): Promise<void> {
  await (await import('./config-change.ts')).changeConfigFile(file, { kind: 'write', name, profile });
}

/** Also forgets that it was the current one. False: there was none of that name. */
export async function removeProfile(file: string, name: string): Promise<boolean> {
  if (isAbsent(file)) return false;
  return (await import('./config-change.ts')).changeConfigFile(file, { kind: 'remove', name });
}

/** The profile to use from now on. Whether there is one of that name is for the caller to know. */
export async function setCurrentProfile(file: string, name: string): Promise<void> {
  await (await import('./config-change.ts')).changeConfigFile(file, { kind: 'use', name });
}
