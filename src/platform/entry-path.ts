import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Entries of the bundle that run in a process of their own; `scripts/build.mjs` lists their sources. */
export type ChildEntry = 'keychain-child' | 'clipboard-clear';

/** The file of such an entry. Tests, which run from the sources, use that of the last build. */
export function entryPath(entry: ChildEntry): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const bundledPath = join(here, '..', `${entry}.cjs`);
  return existsSync(bundledPath) ? bundledPath : join(here, '..', '..', 'dist', `${entry}.cjs`);
}
