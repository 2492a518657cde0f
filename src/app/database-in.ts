import { resolve } from 'node:path';
import { isDatabaseUrl } from '../base/database-name.ts';
import { setting } from '../platform/env.ts';
import type { Io } from '../platform/io.ts';

/** The database that KEYS_DB names: a URL, or an absolute path. */
export function databaseIn({ env, cwd }: Pick<Io, 'env' | 'cwd'>): string | undefined {
  const name = setting(env, 'KEYS_DB');
  return name === undefined ? undefined : absolute(name, cwd);
}

/** A URL as it is, a path from the root. */
export function absolute(database: string, cwd: string): string {
  return isDatabaseUrl(database) ? database : resolve(cwd, database);
}
