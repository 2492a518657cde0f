import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KeysError, systemCode } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Environment } from '../../platform/env.ts';
import type { DatabaseUrl } from './database-url.ts';

/*
 * The password of a database, where libpq looks for it: PGPASSWORD, then the file PGPASSFILE or ~/.pgpass
 * (postgresql.org/docs/current/libpq-pgpass.html). A file that others can read is refused.
 */

/** Undefined if there is none for this database. Throws `KeysError` for a file that others can read. */
export function findPassword(address: DatabaseUrl, env: Environment): Secret | undefined {
  if (env.PGPASSWORD) return new Secret(env.PGPASSWORD);
  const path = env.PGPASSFILE || defaultFile(env);
  const text = privateText(path, Boolean(env.PGPASSFILE));
  const password = text === undefined ? undefined : passwordIn(text, address);
  return password === undefined ? undefined : new Secret(password);
}

/** The password in the first line that fits. */
export function passwordIn(text: string, { host, port, database, user }: DatabaseUrl): string | undefined {
  const place = [host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    const password = fields.pop();
    if (fields.length !== place.length || !password) continue;
    if (fields.every((field, index) => field === '*' || unescaped(field) === place[index])) {
      return unescaped(password);
    }
  }
  return undefined;
}

/** The five fields of a line, still escaped. The last one may hold colons. */
function fieldsOf(line: string): string[] {
  const [, ...fields] =
    /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/s.exec(line) ?? [];
  return fields;
}

function unescaped(field: string): string {
  return field.replace(/\\(.)/gs, '$1');
}

function defaultFile(env: Environment): string {
  if (env.APPDATA) return join(env.APPDATA, 'postgresql', 'pgpass.conf');
  return join(env.HOME || homedir(), '.pgpass');
}

function privateText(path: string, isNamed: boolean): string | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw unusable(path, 'is not a plain file', `ls -ld ${shellWord(path)}`);
    // Windows has access lists instead of modes.
    const isOpen = process.platform !== 'win32' && (stats.mode & 0o077) !== 0;
    if (isOpen) throw unusable(path, 'can be read by others', `chmod 600 ${shellWord(path)}`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof KeysError || code === undefined) throw error;
    if (!isNamed && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    throw unusable(path, `cannot be read (${code})`, `ls -ld ${shellWord(path)}`);
  }
}

function unusable(path: string, reason: string, hint: string): KeysError {
  return new KeysError({
    code: 'authority_login_failed',
    message: `the password file ${path} ${reason}; nothing was connected`,
    hints: [hint],
  });
}
