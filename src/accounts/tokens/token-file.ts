import { resolve } from 'node:path';
import { KeysError } from '../../base/errors.ts';
import { exposedMode } from '../../platform/files/exposed-mode.ts';
import { readFault, readFileOrPipe, textOf } from '../../platform/files/read-file.ts';

/** Far more than a token needs. */
const maxBytes = 64 * 1024;

/**
 * The first line of the file in `KEYS_TOKEN_FILE`. Throws `KeysError` (4) for a file that cannot be read. Warns about one
 * that others can read.
 */
export async function readTokenFile(
  name: string,
  cwd: string,
  warn: (text: string) => Promise<void>,
): Promise<string> {
  const path = resolve(cwd, name);
  try {
    const mode = await exposedMode(path);
    if (mode !== undefined)
      await warn(`${path} contains a token and is readable by others (${mode}): chmod 600 '${path}'`);
    const [line = ''] = textOf(await readFileOrPipe(path, maxBytes)).split(/\r?\n/, 1);
    return line;
  } catch (error) {
    throw new KeysError({
      code: 'token_file_unreadable',
      message: `KEYS_TOKEN_FILE: ${path} cannot be read (${readFault(error)})`,
      hints: [`ls -ld '${path}'`],
      cause: error,
    });
  }
}

/** The error for a file with a token that others can read (exit 4). */
export function openToOthers(path: string, mode: string): KeysError {
  return new KeysError({
    code: 'token_file_open',
    message: `${path} contains a token and is readable by others (${mode})`,
    hints: [`chmod 600 '${path}'`],
  });
}
