import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { DesiredState } from '../keys/plan/desired-key.ts';
import { readFault, readFileOrPipe } from '../platform/files/read-file.ts';
import type { Fault } from './fault.ts';
import { parseManifest } from './parse-manifest.ts';
import type { PlaceContext } from './place.ts';

const maxBytes = 1024 * 1024;
/** More would scroll away the first ones, which may be the cause of the others. */
const maxFaults = 50;

/** What a file such as `keys.yaml` asks for. Throws `KeysError` (2) with everything that is wrong with it. */
export async function readManifest(
  file: string,
  { cwd, ...context }: Omit<PlaceContext, 'folder'> & { cwd: string },
): Promise<DesiredState> {
  const path = resolve(cwd, file);
  const text = decoded(await bytesOf(path, file));
  // A pipe such as <(keys export) is in no folder of the user.
  const folder = /^\/(?:dev\/fd|proc)\/|^\/dev\/stdin$/.test(path) ? cwd : dirname(path);
  const { state, faults } =
    text === undefined ? { faults: [notUtf8] } : parseManifest(text, file, { ...context, folder });
  if (state) return state;
  const problems = faults
    .slice(0, maxFaults)
    .map(({ line, column, path, message }) =>
      [`${file}:${line}:${column}`, path, message].filter(Boolean).join(': '),
    );
  if (faults.length > maxFaults) problems.push(`${file} has ${faults.length - maxFaults} more faults`);
  throw new KeysError({
    code: 'manifest_faulty',
    message: problems.join('; '),
    problems,
    hints: ['see what the file can say: keys docs policy'],
  });
}

const notUtf8: Fault = { line: 1, column: 1, path: '', message: 'is not UTF-8 text; save the file as UTF-8' };

/** Undefined if the bytes are not UTF-8. */
function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function bytesOf(path: string, file: string): Promise<Buffer> {
  try {
    return await readFileOrPipe(path, maxBytes);
  } catch (error) {
    const isMissing = systemCode(error) === 'ENOENT';
    const fault = isMissing ? 'there is no such file' : readFault(error);
    throw new KeysError({
      code: 'file_unreadable',
      exit: 'usage',
      message: `cannot read ${file}: ${fault}`,
      hints: isMissing && !file.includes('://') ? [hintFor(path, file)] : [],
      cause: error,
    });
  }
}

function hintFor(path: string, file: string): string {
  if (file === '-') return 'to read it from stdin: keys plan /dev/stdin';
  const otherEnding = (text: string) =>
    text.replace(/\.ya?ml$/, (ending) => (ending === '.yml' ? '.yaml' : '.yml'));
  return otherEnding(path) !== path && existsSync(otherEnding(path))
    ? `keys plan ${shellWord(otherEnding(file))}`
    : `keys export > ${shellWord(file)}`;
}
