import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import { builtInProvider, builtInProviders } from './built-in/built-in.ts';
import type { Provider } from './declaration/provider.ts';

/**
 * The provider with this id: the user's own, else a built-in one; undefined if there is none. Throws `KeysError` if the
 * user's own file is not a valid provider.
 */
export async function findProvider(id: string, folder: string): Promise<Provider | undefined> {
  const own = (await files(folder)).includes(`${id}.json`)
    ? await readProvider(join(folder, `${id}.json`))
    : undefined;
  return own ?? builtInProvider(id);
}

/**
 * All providers, the user's own last; a file hides the built-in one of the same id, even if it is not valid, as
 * in `findProvider`; it is then passed to `onInvalid`, and does not affect the others.
 */
export async function allProviders(
  folder: string,
  onInvalid: (error: KeysError) => Promise<void>,
): Promise<Provider[]> {
  const own = await ownProviders(folder, onInvalid);
  const fileNames = new Set(await files(folder));
  const builtIn = await builtInProviders();
  return [...builtIn.filter(({ id }) => !fileNames.has(`${id}.json`)), ...own];
}

/** The user's own providers. A file that is not valid is passed to `onInvalid`. */
export async function ownProviders(
  folder: string,
  onInvalid: (error: KeysError) => Promise<void>,
): Promise<Provider[]> {
  const own: Provider[] = [];
  for (const file of await files(folder)) {
    try {
      own.push(await readProvider(join(folder, file)));
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      await onInvalid(error);
    }
  }
  return own;
}

async function readProvider(file: string): Promise<Provider> {
  return (await import('./own-provider.ts')).readProvider(file);
}

async function files(folder: string): Promise<string[]> {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    const { readFault } = await import('../platform/files/read-file.ts');
    throw new KeysError({
      code: 'folder_unreadable',
      message: `cannot read the folder of your own providers ${folder} (${readFault(error)})`,
      hints: [`ls -ld '${folder}'`],
      cause: error,
    });
  }
}
