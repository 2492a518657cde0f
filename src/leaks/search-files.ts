import { realpathSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { systemCode, usageError } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import type { FilePath } from './file-path.ts';
import { pathText } from './file-path.ts';
import type { FileReport } from './file-search.ts';
import type { LeakedValues } from './leaked-values.ts';
import { filesBelow } from './walk.ts';

/** Searches some files, in this thread or another one. */
export type SearchPaths = (paths: readonly FilePath[]) => FileReport | Promise<FileReport>;

export interface FilesToSearch {
  cwd: string;
  env: Environment;
  /** Files and folders, as they were named. */
  names: readonly string[];
  respectsIgnore: boolean;
}

export interface SearchTools {
  values: LeakedValues;
  searchPaths: SearchPaths;
  /** Batches of files that are searched at once. */
  concurrency: number;
  /** Called often: throws if the search is to end. */
  checkStop(): void;
}

/** What was searched, and what could not be. */
export interface Scanned {
  files: number;
  bytes: number;
  unreadable: { path: string; reason: string }[];
}

/** Searches files, and folders with everything below them. Throws `KeysError` (2) if one does not exist. */
export async function searchFiles(
  { cwd, env, names, respectsIgnore }: FilesToSearch,
  { values, searchPaths, concurrency, checkStop }: SearchTools,
): Promise<Scanned> {
  const scanned: Scanned = { files: 0, bytes: 0, unreadable: [] };
  const shownPath = (path: FilePath) => relative(cwd, pathText(path)) || '.';
  const onFault = (path: FilePath, reason: string) =>
    void scanned.unreadable.push({ path: shownPath(path), reason });
  const folders: FilePath[] = [];
  const files: FilePath[] = [];
  for (const { path, isFolder } of namedPaths(cwd, names)) (isFolder ? folders : files).push(path);
  const running = new Set<Promise<void>>();
  const search = async (paths: readonly FilePath[]) => {
    const report = await searchPaths(paths);
    scanned.files += report.files;
    scanned.bytes += report.bytes;
    for (const { path, reason } of report.unreadable) onFault(path, reason);
    for (const { path, ...value } of report.values) values.add(value, { file: shownPath(path) });
    folders.push(...report.folders);
  };
  const start = async (paths: readonly FilePath[]) => {
    const work = search(paths).finally(() => running.delete(work));
    running.add(work);
    if (running.size >= concurrency) await Promise.race(running);
    // Reading files does not let Node.js notice Ctrl-C.
    await new Promise((resume) => setImmediate(resume));
    checkStop();
  };
  if (files.length > 0) await start(files);
  // Repositories in a repository are found while it is searched.
  for (let next = folders.shift(); next !== undefined || running.size > 0; next = folders.shift()) {
    if (next === undefined) await Promise.race(running);
    else for await (const batch of filesBelow(next, { env, respectsIgnore, onFault })) await start(batch);
  }
  return scanned;
}

/** The files and folders that were named. Throws `KeysError` (2) for one that does not exist. */
export function namedPaths(cwd: string, names: readonly string[]): { path: string; isFolder: boolean }[] {
  const problems: string[] = [];
  const hints = names.includes('-') ? ['to search stdin: keys leaks --stdin'] : [];
  const paths = names.flatMap((name) => {
    try {
      // A symbolic link that is named is followed, one that is found is not.
      const path = realpathSync(resolve(cwd, name));
      const stats = statSync(path);
      if (stats.isDirectory() || stats.isFile()) return [{ path, isFolder: stats.isDirectory() }];
      // Such as <(…): to search nothing would look as if there were nothing to find.
      problems.push(`cannot search ${name}: it is neither a file nor a folder; pass what it has to --stdin`);
      return [];
    } catch (error) {
      const isMissing = systemCode(error) === 'ENOENT';
      problems.push(
        `cannot search ${name}: ${isMissing ? 'there is no such file' : (systemCode(error) ?? 'unknown error')}`,
      );
      return [];
    }
  });
  if (problems.length > 0) throw usageError(problems, ...hints);
  return paths;
}
