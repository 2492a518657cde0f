import {
  closeSync,
  constants,
  futimesSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '../../accounts/profile.ts';
import { isProfileName } from '../../accounts/profile.ts';
import { looksLikeSecret } from '../../base/secret.ts';
import type { Key } from '../../keys/key.ts';
import { folderOf } from '../../platform/cache-folder.ts';
import type { Environment } from '../../platform/env.ts';
import type { Io } from '../../platform/io.ts';
import { isOwnFolder, makeOwnFolder, ownUid, readOwnFile } from '../../platform/own-files.ts';

/*
 * The names and ids of an account's keys, as its API last listed them, for completion: a file per profile that only its user
 * can read, without prefixes. Whatever is wrong with it, it counts as empty.
 */

export interface KeyName {
  id: string;
  name: string;
}

/** Older names are not offered. */
const maxAgeMs = 60_000;
/** Older names are asked for again while they are still offered. */
const refreshAgeMs = 20_000;
/** How often an API that does not answer is asked. */
const retryMs = 10_000;

/** A longer list is no help. */
const maxNames = 5000;
const maxBytes = 4 * 1024 * 1024;
const { O_WRONLY, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

interface Content {
  account: string;
  at: number;
  names: [id: string, name: string][];
}

/** It is there as soon as somebody uses completion. */
export function completionFolder(env: Environment, cwd: string): string {
  return join(folderOf('cache', env, cwd), 'completion');
}

/** For a profile whose session ends, begins or changes. */
export function forgetNames({ env, cwd }: Pick<Io, 'env' | 'cwd'>, profile: string): void {
  const folder = completionFolder(env, cwd);
  if (!isOwnFolder(folder, ownUid())) return;
  for (const suffix of ['json', 'asked']) rmSync(`${pathOf(folder, profile)}.${suffix}`, { force: true });
}

function pathOf(folder: string, profile: string): string {
  return join(folder, isProfileName(profile) ? `profile-${profile}` : 'other');
}

export class NameCache {
  readonly #account: string;
  readonly #folder: string;
  readonly #path: string;

  /** Names of one account are never offered for another: neither for another origin nor with other settings. */
  constructor(profile: Profile, { env, cwd }: Pick<Io, 'env' | 'cwd'>) {
    const { name, provider, url, options } = profile;
    const variables = Object.keys(env).filter((variable) => /^KEYS_(?:OPTION_|TOKEN)/.test(variable));
    const settings = variables.map((variable) => [variable, /TOKEN/.test(variable) || env[variable]]);
    const { origin, host, username, search, pathname } = new URL(url ?? 'default:');
    // The URL of a database has no origin.
    const server = origin === 'null' ? [host, username, search] : origin;
    this.#account = JSON.stringify([name, provider, server, pathname, options, settings.sort()]);
    this.#folder = completionFolder(env, cwd);
    this.#path = pathOf(this.#folder, name);
  }

  /** At most a minute old. */
  names(now: Date): readonly KeyName[] {
    return this.#fresh(now, maxAgeMs)?.names.map(([id, name]) => ({ id, name })) ?? [];
  }

  /** Whether somebody should now ask the API. Then others need not, for some time. */
  takeTurn(now: Date): boolean {
    if (this.#fresh(now, refreshAgeMs) || !makeOwnFolder(this.#folder, ownUid())) return false;
    const path = `${this.#path}.asked`;
    const asked = lstatSync(path, { throwIfNoEntry: false });
    if (asked && Math.abs(now.getTime() - asked.mtimeMs) < retryMs) return false;
    try {
      const file = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
      futimesSync(file, now, now);
      closeSync(file);
      return true;
    } catch {
      return false;
    }
  }

  /** Keeps the names of all keys of the account. */
  write(keys: readonly Key[], now: Date): void {
    if (!makeOwnFolder(this.#folder, ownUid())) return;
    const names = keys
      .filter(({ id, status }) => status !== 'revoked' && !looksLikeSecret(id))
      .slice(0, maxNames)
      .map(({ id, name }): [string, string] => [id, looksLikeSecret(name) ? '' : name]);
    const content: Content = { account: this.#account, at: now.getTime(), names };
    const temporary = `${this.#path}.new`;
    rmSync(temporary, { force: true });
    writeFileSync(temporary, JSON.stringify(content), { flag: 'wx', mode: 0o600 });
    renameSync(temporary, `${this.#path}.json`);
  }

  #fresh(now: Date, ageMs: number): Content | undefined {
    const uid = ownUid();
    try {
      const bytes = isOwnFolder(this.#folder, uid)
        ? readOwnFile(`${this.#path}.json`, uid, maxBytes)
        : undefined;
      const content: Content | undefined = bytes && JSON.parse(bytes.toString('utf8'));
      const age = now.getTime() - (content?.at ?? Number.NaN);
      return content?.account === this.#account && age >= 0 && age <= ageMs ? content : undefined;
    } catch {
      return undefined;
    }
  }
}
