import { createHash } from 'node:crypto';
import { basename, dirname, join, relative, sep } from 'node:path';
import { looksLikeSecret } from '../base/secret.ts';
import { workTreeOf } from '../platform/git.ts';
import { remoteOf } from '../platform/git-remote.ts';

/** How the keys that an apply of a file creates name it. */
export interface AppliedFrom {
  /**
   * With a remote repository, the same in every clone, on every machine: `github.com/acme/shop//deploy/keys.yaml`. Without one,
   * of this folder of this machine alone: `shop/deploy/keys.yaml@0123456789ab`.
   */
  name: string;
  /**
   * Under which it was known before: of this folder of this machine, until it had a remote, and as earlier versions wrote it, from the
   * name of the root folder on, which other repositories may have, too.
   */
  earlierNames: readonly string[];
}

export function appliedFrom(path: string, { cwd, machine }: { cwd: string; machine: string }): AppliedFrom {
  // A pipe such as <(./make-keys) is in no folder of the user.
  const isPipe = /^\/(?:dev\/(?:fd|stdin)|proc)(?:\/|$)/.test(path);
  const file = isPipe ? join(cwd, 'keys.yaml') : path;
  const workTree = workTreeOf(dirname(file));
  const root = workTree ?? dirname(file);
  const within = relative(root, file).split(sep).join('/');
  const local = `${basename(root)}/${within}`;
  const place = createHash('sha256')
    .update(JSON.stringify([machine, root]))
    .digest('hex')
    .slice(0, 12);
  const localName = `${local}@${place}`;
  const earlierName = isPipe ? `${basename(cwd)}/keys.yaml` : local;
  const remote = workTree === undefined ? undefined : remoteOf(workTree);
  const name = `${remote}//${within}`;
  return remote === undefined || name.length > maxNameLength || looksLikeSecret(name)
    ? { name: localName, earlierNames: [earlierName] }
    : { name, earlierNames: [localName, earlierName] };
}

/** What a label of the authority can hold: src/authority/key-bounds.ts. */
const maxNameLength = 1000;
