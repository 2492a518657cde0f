import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import { jsonFault } from '../base/json-fault.ts';
import { readBounded, readFault, textOf } from '../platform/files/read-file.ts';
import { requireTrusted } from '../platform/files/trust.ts';
import { builtInProvider, builtInProviders } from './built-in/built-in.ts';
import type { Provider } from './declaration/provider.ts';

/**
 * The provider with this id: the user's own, else a built-in one; undefined if there is none. Throws `KeysError` if the
 * user's own file is not a valid provider.
 */
export async function findProvider(id: string, folder: string): Promise<Provider | undefined> {
  const own = files(folder).includes(`${id}.json`)
    ? await readProvider(join(folder, `${id}.json`))
    : undefined;
  return own ?? builtInProvider(id);
}

/**
 * All providers, the user's own last; these hide built-in ones of the same id. A file that is not valid is passed to
 * `onInvalid` and does not affect the others.
 */
export async function allProviders(
  folder: string,
  onInvalid: (error: KeysError) => Promise<void>,
): Promise<Provider[]> {
  const own: Provider[] = [];
  for (const file of files(folder)) {
    try {
      own.push(await readProvider(join(folder, file)));
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      await onInvalid(error);
    }
  }
  const ownIds = new Set(own.map(({ id }) => id));
  const builtIn = await builtInProviders();
  return [...builtIn.filter(({ id }) => !ownIds.has(id)), ...own];
}

function files(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new KeysError({
      code: 'folder_unreadable',
      message: `cannot read the folder of your own providers ${folder} (${readFault(error)})`,
      hints: [`ls -ld '${folder}'`],
      cause: error,
    });
  }
}

async function readProvider(file: string): Promise<Provider> {
  const { checkProvider } = await import('./declaration/check.ts');
  requireTrusted(file, 'file');
  const { provider, issues } = checkProvider(readJson(file));
  const isNamedRight = provider?.id === basename(file, '.json');
  if (provider && isNamedRight) return provider;
  const problems = provider
    ? [{ path: 'id', message: `'${provider.id}' differs from the name of the file` }]
    : issues;
  throw new KeysError({
    code: 'provider_faulty',
    message: `${file} is not a valid provider: ${problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    hints: [`keys provider check '${file}'`],
  });
}

const maxBytes = 1024 * 1024;

/** The content of a JSON file. Throws `KeysError` if it cannot be read or is not JSON. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(textOf(readBounded(file, { maxBytes })));
  } catch (error) {
    throw new KeysError({
      code: 'file_unreadable',
      message:
        error instanceof SyntaxError
          ? `${file} is not valid JSON: ${jsonFault(error)}`
          : `cannot read ${file}: ${readFault(error)}`,
      cause: error,
    });
  }
}
