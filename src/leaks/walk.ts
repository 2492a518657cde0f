import type { Dirent } from 'node:fs';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Ignore } from 'ignore';
import type { Environment } from '../platform/env.ts';
import { readBounded, readFault, textOf } from '../platform/files/read-file.ts';
import { gitCommand, gitEnvironment } from '../platform/git.ts';
import type { FilePath } from './file-path.ts';
import { joinPath } from './file-path.ts';

/*
 * The files below a folder, without following a symbolic link. What git ignores is left out, as git itself says in a work
 * tree, and as `.gitignore` files say outside of one.
 */

export interface Walk {
  env: Environment;
  /** False: ignored files, too. */
  respectsIgnore: boolean;
  /** A folder that cannot be read, or that git cannot read, and why. */
  onFault(path: FilePath, reason: string): void;
}

/** Files per piece. */
const batchSize = 256;

export async function* filesBelow(folder: FilePath, walk: Walk): AsyncGenerator<FilePath[]> {
  if (walk.respectsIgnore && typeof folder === 'string' && (await isInWorkTree(folder, walk))) {
    yield* listedByGit(folder, walk);
    return;
  }
  const waiting: Folder[] = [{ path: folder, ignoreFiles: [] }];
  let batch: FilePath[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { files, folders, trees } = await entriesIn(next, walk);
    waiting.push(...folders.reverse());
    batch.push(...files);
    for (const tree of trees) yield* filesBelow(tree, walk);
    for (; batch.length >= batchSize; batch = batch.slice(batchSize)) yield batch.slice(0, batchSize);
  }
  if (batch.length > 0) yield batch;
}

async function isInWorkTree(folder: string, walk: Walk): Promise<boolean> {
  try {
    let answer = '';
    for await (const piece of git(folder, ['rev-parse', '--is-inside-work-tree'], walk)) answer += piece;
    return answer.trim() === 'true';
  } catch {
    return false;
  }
}

/** What git tracks, and what it does not ignore. A folder among them is a repository of its own. */
async function* listedByGit(folder: string, walk: Walk): AsyncGenerator<FilePath[]> {
  let rest: Buffer = Buffer.alloc(0);
  let last = '';
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  try {
    for await (const piece of git(folder, args, walk)) {
      const text = Buffer.concat([rest, piece]);
      const end = text.lastIndexOf(0) + 1;
      rest = text.subarray(end);
      const paths: FilePath[] = [];
      for (const name of text.toString('latin1', 0, end).split('\0')) {
        // A file with a conflict is listed once per side.
        if (name !== '' && name !== last) paths.push(joinPath(folder, Buffer.from(name, 'latin1')));
        last = name;
      }
      for (let at = 0; at < paths.length; at += batchSize) yield paths.slice(at, at + batchSize);
    }
  } catch (error) {
    walk.onFault(folder, error instanceof Error ? error.message : 'git failed');
  }
}

async function* git(folder: string, args: readonly string[], { env }: Walk): AsyncGenerator<Buffer> {
  const { outputOf } = await import('../platform/stream-program.ts');
  yield* outputOf({ command: gitCommand(folder, args), cwd: folder, env: gitEnvironment(env) });
}

/** A `.gitignore`, and the folder that it is in. */
interface IgnoreFile {
  folder: string;
  rules: Ignore;
}

/** A folder, and the `.gitignore` files of those around it. */
interface Folder {
  path: FilePath;
  ignoreFiles: readonly IgnoreFile[];
}

/** What is in a folder: work trees of git by themselves. */
async function entriesIn(
  { path: folder, ignoreFiles: outer }: Folder,
  walk: Walk,
): Promise<{ files: FilePath[]; folders: Folder[]; trees: string[] }> {
  const entries = entriesOf(folder, walk);
  const ignoreFiles = walk.respectsIgnore ? [...outer, ...(await ignoreFileIn(folder, entries))] : outer;
  const [files, folders, trees]: [FilePath[], Folder[], string[]] = [[], [], []];
  for (const entry of entries) {
    const isFolder = entry.isDirectory();
    if (!isFolder && !entry.isFile()) continue;
    const path = joinPath(folder, entry.name);
    if (isIgnored(path, isFolder, ignoreFiles)) continue;
    if (!isFolder) files.push(path);
    else if (entry.name.toString() === '.git') continue;
    else if (walk.respectsIgnore && typeof path === 'string' && existsSync(join(path, '.git')))
      trees.push(path);
    else folders.push({ path, ignoreFiles });
  }
  return { files, folders, trees };
}

type Entry = Dirent<string> | Dirent<Buffer>;

function entriesOf(folder: FilePath, { onFault }: Walk): Entry[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    if (entries.every(({ name }) => !name.includes('\ufffd'))) return entries;
    return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    onFault(folder, readFault(error));
    return [];
  }
}

async function ignoreFileIn(folder: FilePath, entries: readonly Entry[]): Promise<IgnoreFile[]> {
  const entry = entries.find(({ name }) => name.toString() === '.gitignore');
  if (!entry?.isFile() || typeof folder !== 'string') return [];
  try {
    const { default: ignore } = await import('ignore');
    const text = textOf(readBounded(join(folder, '.gitignore'), { maxBytes: 1_048_576, follow: false }));
    return [{ folder, rules: ignore().add(text) }];
  } catch {
    return [];
  }
}

/** The rule that is nearest to the file counts. */
function isIgnored(path: FilePath, isFolder: boolean, ignoreFiles: readonly IgnoreFile[]): boolean {
  if (typeof path !== 'string') return false;
  for (const { folder, rules } of ignoreFiles.toReversed()) {
    const name = relative(folder, path).split(sep).join('/');
    const { ignored, unignored } = rules.test(isFolder ? `${name}/` : name);
    if (ignored || unignored) return ignored;
  }
  return false;
}
