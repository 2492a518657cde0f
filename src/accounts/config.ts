import { lstatSync } from 'node:fs';
import type { Config, StoredProfile } from './profile.ts';
import type { SettingPath } from './settings.ts';

/**
 * Reads the file; a missing one counts as empty, and costs nothing. A command that asks again gets what was read, unless the
 * file has changed. Warns about each name in it that is not a setting. Throws `KeysError` if it is invalid.
 */
export async function readConfig(file: string, warn: (text: string) => Promise<void>): Promise<Config> {
  const stamp = stampOf(file);
  if (stamp === undefined) return { currentProfile: undefined, profiles: {} };
  if (stamp === '' || lastRead?.stamp !== stamp) {
    const { readConfigFile } = await import('./config-file.ts');
    lastRead = { stamp, ...readConfigFile(file) };
  }
  const { config, warnings } = lastRead;
  for (const text of warnings) await warn(`${file}: ${text}`);
  return config;
}

let lastRead: { stamp: string; config: Config; warnings: string[] } | undefined;

/** More than the steps in which systems count the time of a change: two changes within one look the same. */
const settledMs = 100;

/** Changes with the file. Undefined without one; empty where that is not certain: a link, or a file that has just changed. */
function stampOf(file: string): string | undefined {
  try {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (!stats) return undefined;
    const { dev, ino, size, mtimeMs, ctimeMs } = stats;
    const isCertain = stats.isFile() && Date.now() - ctimeMs > settledMs;
    return isCertain ? [file, dev, ino, size, mtimeMs, ctimeMs].join(' ') : '';
  } catch {
    return '';
  }
}

/*
 * The functions below keep unknown settings, and may run in several processes at once. They throw `KeysError` for a file
 * that is invalid or cannot be written.
 */

function isAbsent(file: string): boolean {
  return stampOf(file) === undefined;
}

/** Stores a profile, replacing one of that name. Throws `KeysError` (2) for an invalid name. */
export async function writeProfile(file: string, name: string, profile: StoredProfile): Promise<void> {
  await (await import('./config-change.ts')).changeConfigFile(file, { kind: 'write', name, profile });
}

/** If it is the current profile, there is none afterwards. False if there was none of that name. */
export async function removeProfile(file: string, name: string): Promise<boolean> {
  if (isAbsent(file)) return false;
  return (await import('./config-change.ts')).changeConfigFile(file, { kind: 'remove', name });
}

/** Sets one setting, or removes it (undefined). False if nothing changed. Throws `KeysError` (2) for an invalid value. */
export async function changeSetting(file: string, path: SettingPath, value: unknown): Promise<boolean> {
  if (value === undefined && isAbsent(file)) return false;
  return (await import('./config-change.ts')).changeConfigFile(file, { kind: 'set', path, value });
}

/** Replaces the whole file, if it still says `from`. False if that is the same. `to` must be valid. */
export async function replaceSettings(
  file: string,
  from: unknown,
  to: Record<string, unknown>,
): Promise<boolean> {
  return (await import('./config-change.ts')).changeConfigFile(file, { kind: 'replace', from, to });
}

/** Sets the profile to use from now on, without checking that it exists. */
export async function setCurrentProfile(file: string, name: string): Promise<void> {
  await (await import('./config-change.ts')).changeConfigFile(file, { kind: 'use', name });
}
