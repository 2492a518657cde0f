import { lstatSync } from 'node:fs';
import { usageError } from '../base/errors.ts';

/** What is stored of a profile, under its name. */
export interface StoredProfile {
  readonly provider: string;
  /** Null: the provider's own. */
  readonly url: string | null;
  /** Where `keys login` put the session token; absent: the keychain. */
  readonly store?: 'keychain' | 'file';
  /** The origin at which `keys login` stored the token, which may be another one than that of a URL edited since. */
  readonly tokenOrigin?: string;
  /** Program and arguments of a program that prints the session token. */
  readonly tokenCommand?: readonly string[];
  /** The provider's own settings, for example a workspace. */
  readonly options?: Readonly<Record<string, string>>;
  /** Where undelivered secrets may wait without a keychain. */
  readonly escrow?: 'file';
}

/** A named connection to one provider. */
export interface Profile extends StoredProfile {
  readonly name: string;
}

/** Settings of the user, from `config/config.json`. */
export interface Config {
  /** The profile to use where neither flag nor environment says. */
  readonly currentProfile: string | undefined;
  readonly profiles: Readonly<Record<string, StoredProfile>>;
}

export const profileNameRule =
  'a name of a profile has 1 to 64 letters, digits, dots, underscores or hyphens';

/** These names have a meaning of their own in JavaScript's objects. */
const reservedNames = ['__proto__', 'constructor', 'prototype'];

export function isProfileName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name) && !reservedNames.includes(name);
}

/** Throws `KeysError` (2) for a name that no profile can have. */
export function checkProfileName(name: string): void {
  if (!isProfileName(name)) throw usageError(`'${name}' cannot be the name of a profile: ${profileNameRule}`);
}

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
