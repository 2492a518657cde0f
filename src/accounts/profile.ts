import { isAbsolute } from 'node:path';
import { isDatabaseUrl, mayHavePassword, passwordInUrl } from '../base/database-name.ts';
import { usageError } from '../base/errors.ts';

/** What is stored of a profile, under its name. */
export interface StoredProfile {
  readonly provider: string;
  /** Null: the provider's default URL. */
  readonly url: string | null;
  /** Where `keys login` put the session token; absent: the keychain. */
  readonly store?: 'keychain' | 'file';
  /** The origin for which `keys login` stored the token: the URL may have been edited since. */
  readonly tokenOrigin?: string;
  /** The names of the secrets that `keys login` stored beside the token. */
  readonly keptSecrets?: readonly string[];
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
  /** The profile to use unless a flag or the environment names one. */
  readonly currentProfile: string | undefined;
  readonly profiles: Readonly<Record<string, StoredProfile>>;
}

/** The provider behind the profile `local`: the embedded authority, in this process. */
export const localProvider = {
  id: 'local',
  name: 'Embedded authority',
  note: 'issues keys on this machine, in a file of your own; no account, no server, no login',
} as const;

/**
 * Whether a profile is one of the embedded authority. Its URL is that of a database on PostgreSQL, or the path of a file;
 * null: the file of this user. Throws `KeysError` (2) for any other URL, and for one with a password.
 */
export function isEmbedded({ provider, url }: Pick<Profile, 'provider' | 'url'>): boolean {
  if (provider !== localProvider.id) return false;
  if (url === null || isAbsolute(url)) return true;
  if (isDatabaseUrl(url)) {
    if (mayHavePassword(url)) throw passwordInUrl();
    return true;
  }
  throw usageError(
    `the provider ${provider} runs in this process and has no URL but that of its database`,
    'write it as postgres://user@host:port/database',
  );
}

/** Whether the keys of a profile are in a file of this machine. Throws as `isEmbedded` does. */
export function isInFile(profile: Pick<Profile, 'provider' | 'url'>): boolean {
  return isEmbedded(profile) && !(profile.url !== null && isDatabaseUrl(profile.url));
}

export const profileNameRule = 'use 1 to 64 letters, digits, dots, underscores or hyphens';

/** These names have a meaning of their own in JavaScript's objects. */
const reservedNames = ['__proto__', 'constructor', 'prototype'];

export function isProfileName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name) && !reservedNames.includes(name);
}

/** Throws `KeysError` (2) for a name that no profile can have. */
export function checkProfileName(name: string): void {
  if (!isProfileName(name)) throw usageError(`'${name}' cannot be the name of a profile: ${profileNameRule}`);
}
