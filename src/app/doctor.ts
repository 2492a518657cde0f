import { existsSync, statSync } from 'node:fs';
import { version } from '../../package.json';
import { readConfig } from '../accounts/config.ts';
import type { Profile } from '../accounts/profile.ts';
import { isDatabaseUrl } from '../base/database-name.ts';
import { KeysError } from '../base/errors.ts';
import { isWaiting } from '../keys/operations/operation.ts';
import type { Environment } from '../platform/env.ts';
import type { TrustedKind } from '../platform/files/trust.ts';
import { distrustOf } from '../platform/files/trust.ts';
import type { Io } from '../platform/io.ts';
import { mayHaveKeychain } from '../platform/keychain/may-have-keychain.ts';
import type { Paths } from '../platform/paths.ts';
import { trustedFolders } from '../platform/paths.ts';
import { databaseIn } from './database-in.ts';

/** The result of one check of `keys doctor`. */
export interface Finding {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  hint?: string;
}

/** Checks everything that keys depends on, and changes nothing. */
export async function examine(io: Io, paths: Paths, profile: () => Promise<Profile>): Promise<Finding[]> {
  return [
    { check: 'version', status: 'ok', message: `keys ${version} on ${process.platform} ${process.arch}` },
    nodeVersion(process.versions.node),
    { check: 'folders', status: 'ok', message: `config in ${paths.config}, data in ${paths.data}` },
    ...(paths.home === undefined ? [] : access('home', paths.home)),
    ...trustedFolders(paths).flatMap((folder) => access('folder', folder)),
    ...access('file', paths.configFile),
    ...['', '-wal', '-shm'].flatMap((part) => access('file', `${paths.authorityDatabase}${part}`, 'secret')),
    ...access('file', paths.tokens, 'secret'),
    await configuration(paths.configFile),
    ...(await providerFiles(paths.providers)),
    await authority(io, paths),
    await escrow(io.env, profile),
    await unfinished(paths.operations),
    terminal(io),
  ];
}

function nodeVersion(running: string): Finding {
  const [major = 0, minor = 0] = running.split('.').map(Number);
  const message = `Node.js ${running}`;
  if (major > 20 || (major === 20 && minor >= 19)) return { check: 'node', status: 'ok', message };
  return { check: 'node', status: 'fail', message, hint: 'install Node.js 20.19 or later' };
}

/**
 * Who can read and write a path; empty if it does not exist yet: it will be created with the right mode. Every command
 * refuses a path that others can write. One that others can read is a failure if it contains secrets, else a warning.
 */
function access(kind: TrustedKind, path: string, content?: 'secret'): Finding[] {
  const check = kind === 'file' ? 'file' : 'folder';
  const distrust = distrustOf(path, kind);
  if (distrust)
    return [{ check, status: 'fail', message: `${path} ${distrust.reason}`, hint: distrust.hint }];
  // Windows has access control lists instead of modes.
  if (process.platform === 'win32' || !existsSync(path)) return [];
  const mode = check === 'folder' ? 0o700 : 0o600;
  const actual = statSync(path).mode & 0o777;
  const octal = `0${actual.toString(8)}`;
  if ((actual & ~mode) === 0) return [{ check, status: 'ok', message: `${path} is private (${octal})` }];
  const hint = `chmod ${mode.toString(8)} '${path}'`;
  const status = content ? 'fail' : 'warn';
  return [{ check, status, message: `${path} is accessible to other users (${octal})`, hint }];
}

async function configuration(file: string): Promise<Finding> {
  try {
    const unknown: string[] = [];
    const { profiles } = await readConfig(file, async (text) => void unknown.push(text));
    if (unknown.length > 0) return { check: 'config', status: 'warn', message: unknown.join('; ') };
    const count = Object.keys(profiles).length;
    const message = existsSync(file)
      ? `${file}: ${count} profile${count === 1 ? '' : 's'}`
      : 'no file; defaults apply';
    return { check: 'config', status: 'ok', message };
  } catch (error) {
    return failure('config', error);
  }
}

/** The user's own providers; empty if there are none. A faulty file hurts only itself. */
async function providerFiles(folder: string): Promise<Finding[]> {
  const check = 'providers';
  if (!existsSync(folder)) return [];
  try {
    const { ownProviders } = await import('../providers/catalog.ts');
    const faults: Finding[] = [];
    const own = await ownProviders(
      folder,
      async (error) => void faults.push({ ...failure(check, error), status: 'warn' }),
    );
    const ids = own.map(({ id }) => id).join(', ');
    return own.length === 0 ? faults : [{ check, status: 'ok', message: `your own: ${ids}` }, ...faults];
  } catch (error) {
    return [failure(check, error)];
  }
}

const unusableHint = 'check its permissions, or replace it with a backup: keys restore FILE';

async function authority(io: Io, { authorityDatabase, authorityMarker }: Paths): Promise<Finding> {
  const check = 'authority';
  const path = databaseIn(io) ?? authorityDatabase;
  if (isDatabaseUrl(path)) return sharedAuthority(io, path);
  const marker = path === authorityDatabase ? authorityMarker : undefined;
  const isEmpty = !existsSync(path) || statSync(path).size === 0;
  const traces = isEmpty
    ? (await import('../authority/sqlite/status-changes.ts')).tracesOf(path, marker)
    : [];
  if (traces.length > 0) {
    const { databaseMissing } = await import('../authority/sqlite/database-errors.ts');
    return failure(check, databaseMissing(path, traces, existsSync(path) ? 'is empty' : 'is gone'));
  }
  if (!existsSync(path)) {
    return { check, status: 'ok', message: `no database yet; creating a key creates ${path}` };
  }
  try {
    const { inspectDatabase } = await import('../authority/sqlite/inspect.ts');
    const { problems, keys, schema, retention } = inspectDatabase(path);
    if (problems.length === 0) {
      const [count, log] = [countText(keys), logText(retention)];
      return { check, status: 'ok', message: `${path} is intact: ${count}, schema ${schema}, ${log}` };
    }
    const hint = `copy the file, then run: sqlite3 '${path}' .recover`;
    return { check, status: 'fail', message: `${path} is damaged: ${problems.join('; ')}`, hint };
  } catch (error) {
    const finding = failure(check, error);
    // Elsewhere the hint is this very command.
    return finding.hint === 'keys doctor' ? { ...finding, hint: unusableHint } : finding;
  }
}

/** A database on a server, which checks its files itself. */
async function sharedAuthority(io: Io, url: string): Promise<Finding> {
  const check = 'authority';
  try {
    const { inspectPostgres } = await import('../authority/postgres/inspect-postgres.ts');
    const { shown, schema, keys, retention } = await inspectPostgres(url, io.env);
    const content = `${countText(keys)}, schema ${schema}, ${logText(retention)}`;
    const message =
      schema === 0
        ? `${shown} can be used; the first command creates the tables`
        : `${shown} can be used: ${content}`;
    return { check, status: 'ok', message };
  } catch (error) {
    return failure(check, error);
  }
}

function countText(keys: number): string {
  return keys === 1 ? '1 key' : `${keys} keys`;
}

function logText(retention: string): string {
  return retention === 'never' ? 'log kept forever' : `log kept for ${retention}`;
}

/** Where an undelivered secret is kept. */
async function escrow(env: Environment, profile: () => Promise<Profile>): Promise<Finding> {
  const check = 'escrow';
  if (mayHaveKeychain(env)) return { check, status: 'ok', message: 'the system keychain' };
  try {
    const { name, escrow: kind } = await profile();
    if (kind === 'file') return { check, status: 'ok', message: 'a file that only you can read' };
    return {
      check,
      status: 'warn',
      message: 'no keychain: a new key whose secret cannot be delivered is revoked',
      hint: `to keep undelivered secrets in a private file, set "escrow": "file" for the profile ${name} in config.json`,
    };
  } catch (error) {
    return failure(check, error);
  }
}

async function unfinished(folder: string): Promise<Finding> {
  const check = 'operations';
  if (!existsSync(folder)) return { check, status: 'ok', message: 'nothing is unfinished' };
  const { readOperations } = await import('../journal/operations.ts');
  try {
    const unreadable: KeysError[] = [];
    const all = await readOperations(folder, async (error) => void unreadable.push(error));
    const [first] = unreadable;
    if (first) return failure(check, first);
    const open = all.filter((one) => !isWaiting(one)).length;
    const waiting = all.length > open ? `; ${all.length - open} old keys are in their grace period` : '';
    if (open === 0) return { check, status: 'ok', message: `nothing is unfinished${waiting}` };
    const message = `${open} ${open === 1 ? 'operation is' : 'operations are'} unfinished${waiting}`;
    return { check, status: 'warn', message, hint: 'keys recover' };
  } catch (error) {
    return failure(check, error);
  }
}

function terminal({ stdin, stdout, stderr }: Io): Finding {
  const is = (name: string, tty: boolean) => `${name} ${tty ? 'is' : 'is not'} a terminal`;
  const parts = [is('stdin', Boolean(stdin.isTTY)), is('stdout', stdout.isTTY), is('stderr', stderr.isTTY)];
  return { check: 'terminal', status: 'ok', message: parts.join(', ') };
}

function failure(check: string, error: unknown): Finding {
  if (!(error instanceof KeysError)) throw error;
  const [hint] = error.failure.hints ?? [];
  return { check, status: 'fail', message: error.failure.message, ...(hint !== undefined && { hint }) };
}
