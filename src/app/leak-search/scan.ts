import { basename, dirname, join, relative, resolve } from 'node:path';
import type { FilePath } from '../../leaks/file-path.ts';
import type { GitRepository } from '../../leaks/git-repository.ts';
import type { LeakedValue } from '../../leaks/leaked-values.ts';
import { LeakedValues } from '../../leaks/leaked-values.ts';
import type { BlobSearch } from '../../leaks/search-blobs.ts';
import type { Scanned } from '../../leaks/search-files.ts';
import { namedPaths, searchFiles } from '../../leaks/search-files.ts';
import { SearchThreads } from '../../leaks/search-threads.ts';
import type { Format } from '../../leaks/sought-formats.ts';
import { finderOf } from '../../leaks/sought-formats.ts';
import { TextSearch } from '../../leaks/text-search.ts';
import { threadProgram } from '../../platform/child-entry.ts';
import type { Context } from '../context.ts';

/** What to search: files, what is staged for the next commit, what git has ever had, or stdin. */
export type Source = 'files' | 'staged' | 'history' | 'stdin';

export interface ScanRequest {
  source: Source;
  /** Files and folders; empty: the current folder. */
  names: readonly string[];
  respectsIgnore: boolean;
}

export interface ScanResult {
  scanned: Scanned;
  leaks: LeakedValue[];
}

/** Searches for values in these formats. Throws `KeysError` (2) for a path or a repository that does not exist. */
export async function scan(
  context: Context,
  formats: readonly Format[],
  request: ScanRequest,
): Promise<ScanResult> {
  const values = new LeakedValues(formats);
  const finder = finderOf(formats);
  const checkStop = () => {
    if (context.interruption.asked.aborted) throw context.interruption.failure();
  };
  const tools: Tools = { values, finder, formats, checkStop };
  const scanned = await scans[request.source](context, tools, request);
  return { scanned, leaks: values.all };
}

interface Tools extends Pick<BlobSearch, 'values' | 'finder' | 'checkStop'> {
  formats: readonly Format[];
}

const scans: Readonly<
  Record<Source, (context: Context, tools: Tools, request: ScanRequest) => Promise<Scanned>>
> = {
  async files({ io: { cwd, env } }, { values, finder, formats, checkStop }, { names, respectsIgnore }) {
    const threads = new SearchThreads(finder, formats, () => threadProgram('search-thread'));
    const searchPaths = (paths: readonly FilePath[]) => threads.search(paths);
    const { concurrency } = threads;
    try {
      return await searchFiles(
        { cwd, env, names: names.length === 0 ? ['.'] : names, respectsIgnore },
        { values, searchPaths, concurrency, checkStop },
      );
    } finally {
      await threads.end();
    }
  },
  async stdin({ io }, { values, finder, checkStop }) {
    const text = new TextSearch(finder, (value) => values.add(value, { file: '<stdin>' }));
    text.begin();
    for await (const piece of io.stdin) {
      checkStop();
      text.write(Buffer.from(piece));
    }
    text.end();
    return { files: text.isBinary ? 0 : 1, bytes: text.isBinary ? 0 : text.bytes, unreadable: [] };
  },
  async staged({ io: { cwd, env } }, tools, { names }) {
    const { searchStaged } = await import('../../leaks/search-staged.ts');
    const repository = await openRepository(cwd, env, true);
    const place = (file: string) => join(repository.toRoot, file);
    return searchStaged({ ...tools, repository, place }, names);
  },
  async history({ io: { cwd, env } }, tools, { names }) {
    const { searchHistory } = await import('../../leaks/search-history.ts');
    const scanned: Scanned = { files: 0, bytes: 0, unreadable: [] };
    for (const { path, isFolder } of namedPaths(cwd, names.length === 0 ? ['.'] : names)) {
      const folder = isFolder ? path : dirname(path);
      const repository = await openRepository(folder, env, false);
      const isWhole = names.length === 0 || (isFolder && repository.toRoot === '');
      const limit = isWhole ? [] : [isFolder ? '.' : basename(path)];
      const place = (file: string) => join(relative(resolve(cwd), folder), repository.toRoot, file);
      const one = await searchHistory({ ...tools, repository, place }, limit);
      scanned.files += one.files;
      scanned.bytes += one.bytes;
      scanned.unreadable.push(...one.unreadable);
    }
    return scanned;
  },
};

async function openRepository(
  folder: string,
  env: Context['io']['env'],
  inHook: boolean,
): Promise<GitRepository> {
  const { GitRepository } = await import('../../leaks/git-repository.ts');
  return GitRepository.open(folder, env, { inHook });
}
