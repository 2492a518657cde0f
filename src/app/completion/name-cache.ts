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
import { folderOf } from '../../platform/cache-folder.ts';
import type { Environment } from '../../platform/env.ts';
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

const maxBytes = 4 * 1024 * 1024;
const { O_WRONLY, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

interface Content {
  account: string;
  at: number;
  names: [id: string, name: string][];
}

export class NameCache {
  readonly #account: string;
  readonly #folder: string;
  readonly #path: string;

  /** Names of one account are never offered for another: neither for another origin nor with other settings. */
  constructor(profile: Profile, { env, cwd }: { env: Environment; cwd: string }) {
    const { name, provider, url, options } = profile;
    const variables = Object.keys(env).filter((variable) => /^KEYS_(?:OPTION_|TOKEN)/.test(variable));
    const settings = variables.map((variable) => [variable, /TOKEN/.test(variable) || env[variable]]);
    this.#account = JSON.stringify([name, provider, url && new URL(url).origin, options, settings.sort()]);
    this.#folder = join(folderOf('cache', env, cwd), 'completion');
    this.#path = join(this.#folder, isProfileName(name) ? `profile-${name}` : 'other');
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

  write(names: readonly KeyName[], now: Date): void {
    if (!makeOwnFolder(this.#folder, ownUid())) return;
    const content: Content = {
      account: this.#account,
      at: now.getTime(),
      names: names.map(({ id, name }) => [id, name]),
    };
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
