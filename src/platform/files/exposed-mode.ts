import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { systemCode } from '../../base/errors.ts';
import { modeOpenToOthers } from './private-file.ts';

/**
 * The mode of a file with a secret that others can read, if the user could change that with `chmod`, else undefined.
 * Secrets that are mounted into a container are readable by design, Docker's 0444 below /run/secrets, Kubernetes' 0644 on a
 * read-only file system and, for a pod that is not root, with another owner. Pipes such as `/dev/fd/63` have no mode that
 * matters. https://docs.docker.com/engine/swarm/secrets/ https://kubernetes.io/docs/concepts/configuration/secret/
 */
export async function exposedMode(path: string): Promise<string | undefined> {
  return (await isOurs(path)) ? modeOpenToOthers(path) : undefined;
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
