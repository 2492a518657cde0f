import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { KeysError, systemCode } from '../../base/errors.ts';
import { modeOpenToOthers } from '../../platform/files/private-file.ts';
import { readFault, readFileOrPipe, textOf } from '../../platform/files/read-file.ts';

/** Far more than a token needs. */
const maxBytes = 64 * 1024;

/**
 * The first line of the file in `KEYS_TOKEN_FILE`. Throws `KeysError` (4) for a file that cannot be read. Warns about one
 * that others can read, but only if the user could change that with `chmod`: secrets that are mounted into a container are
 * readable by design, Docker's 0444 below /run/secrets, Kubernetes' 0644 on a read-only file system and, for a pod that is
 * not root, with another owner. Pipes such as `/dev/fd/63` have no mode that matters. https://docs.docker.com/engine/swarm/secrets/ https://kubernetes.io/docs/concepts/configuration/secret/
 */
export async function readTokenFile(
  name: string,
  cwd: string,
  warn: (text: string) => Promise<void>,
): Promise<string> {
  const path = resolve(cwd, name);
  try {
    const mode = (await isOurs(path)) ? await modeOpenToOthers(path) : undefined;
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

/** Whether the user decides on the mode of the file. */
async function isOurs(path: string): Promise<boolean> {
  const file = await stat(path);
  if (!file.isFile() || file.uid !== process.getuid?.()) return false;
  if (/^\/(run|dev|proc)\//.test(await realpath(path))) return false;
  return access(path, constants.W_OK).then(
    () => true,
    // A read-only file system; a missing permission alone is up to the user.
    (error: unknown) => systemCode(error) !== 'EROFS',
  );
}
