import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import { distrustOf } from '../platform/files/trust.ts';

export interface Installation {
  file: string;
  content: string;
  /** A part of the content that no other file has. */
  mark: string;
  /** A line for a file that the shell reads when it starts. */
  line?: { file: string; text: string };
}

export interface Installed {
  changed: boolean;
  /** The line that the user has to add: the file is not one that `keys` changes. */
  lineLeft?: { file: string; text: string };
}

const { O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDWR } = constants;

/**
 * Writes a file that a shell runs, and replaces only one that it has written itself. Throws `KeysError` for any other file, for
 * a link, and for a folder in which others can write: they would decide what the shell runs.
 */
export function installCompletion({ file, content, mark, line }: Installation): Installed {
  makeFolder(dirname(file));
  const before = ownContent(file, mark);
  if (before !== content) replace(file, content);
  const isLineAdded = line === undefined ? false : addLine(line);
  return {
    changed: before !== content || isLineAdded === true,
    ...(isLineAdded === undefined && line && { lineLeft: line }),
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw notWritten(folder, cause);
  }
  const distrust = distrustOf(folder, 'folder');
  if (distrust)
    throw new KeysError({
      code: 'not_trusted',
      message: `${folder} ${distrust.reason}; nothing was installed`,
      hints: [distrust.hint],
    });
}

/** Undefined: there is no file. */
function ownContent(file: string, mark: string): string | undefined {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (!stats) return undefined;
  const content = stats.isFile() ? readFileSync(file, 'utf8') : '';
  if (content.includes(mark)) return content;
  const reason = stats.isSymbolicLink() ? 'is a symbolic link' : 'was not written by keys';
  throw new KeysError({
    code: 'file_taken',
    message: `${file} ${reason}; nothing was installed`,
    hints: [`ls -l ${shellWord(file)}`, `if you do not need it: rm ${shellWord(file)}`],
  });
}

function replace(file: string, content: string): void {
  const temporary = `${file}.keys-new`;
  try {
    rmSync(temporary, { force: true });
    writeFileSync(temporary, content, { flag: 'wx', mode: 0o644 });
    renameSync(temporary, file);
  } catch (cause) {
    throw notWritten(file, cause);
  }
}

/** Whether the line was added; undefined: it is missing, and the file may belong somewhere else. */
function addLine({ file, text }: { file: string; text: string }): boolean | undefined {
  let descriptor: number | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink())
      return hasLine(readFileSync(file, 'utf8'), text) ? false : undefined;
    if (distrustOf(dirname(file), 'folder') || distrustOf(file, 'file')) return undefined;
    descriptor = openSync(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
    if (!fstatSync(descriptor).isFile()) return undefined;
    const content = readFileSync(descriptor, 'utf8');
    if (hasLine(content, text)) return false;
    writeSync(descriptor, `${content === '' || content.endsWith('\n') ? '' : '\n'}${text}\n`);
    return true;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function hasLine(content: string, text: string): boolean {
  return content.split(/\r?\n/).includes(text);
}

function notWritten(path: string, cause: unknown): KeysError {
  return new KeysError({
    code: 'file_not_written',
    message: `${path} could not be written (${systemCode(cause) ?? 'unknown error'})`,
    cause,
  });
}
