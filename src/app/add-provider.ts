import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KeysError, usageError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import { readPrivateFile, writePrivateFile } from '../platform/files/private-file.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import { isBuiltIn } from '../providers/built-in/built-in.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Context } from './context.ts';

/** What `provider add` has done. */
export interface AddedProvider {
  id: string;
  name: string;
  file: string;
  /** False: the very same file was there. */
  changed: boolean;
}

/**
 * Installs a checked declaration among the user's own providers, as a whole or not at all. Asks before it replaces another
 * one. Throws `KeysError` (2) if it cannot ask.
 */
export async function addProvider(
  context: Context,
  { id, name }: Provider,
  { file: source, text }: { file: string; text: string },
): Promise<AddedProvider> {
  const folder = context.paths.providers;
  const file = join(folder, `${id}.json`);
  const installed = existsSync(folder) ? await readPrivateFile(file) : undefined;
  if (installed?.toString() === text) return { id, name, file, changed: false };
  if (installed) await confirmReplacement(context, id, source);
  context.startMutation();
  makePrivateFolder(folder);
  await writePrivateFile(file, text);
  if (isBuiltIn(id)) await context.warn(`this declaration is used in place of the built-in provider ${id}`);
  return { id, name, file, changed: true };
}

async function confirmReplacement(context: Context, id: string, source: string): Promise<void> {
  if (context.globals.yes) return;
  if (!context.interactive)
    throw usageError(
      `there already is another declaration of ${id}, and keys cannot ask: ${context.promptObstacle}`,
      `keys provider check ${id}`,
      `keys provider add ${shellWord(source)} --yes`,
    );
  const replaces = await context.confirm(`Replace your provider ${id}?`, [
    'no, keep the one that is installed',
    'yes, replace it',
  ]);
  if (!replaces) throw new KeysError({ code: 'declined', message: `declined: ${id} is as it was` });
}

/** The command that comes next. */
export function loginCommand({ id, url, options = {} }: Provider): string {
  const required = Object.entries(options).filter(([, option]) => option.required);
  return [
    `keys login --provider ${id}`,
    ...(url === undefined ? ['--url URL'] : []),
    ...required.map(([name]) => `--option ${name}=VALUE`),
  ].join(' ');
}
