import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { replaceSettings } from '../accounts/config.ts';
import { faultsIn, parseConfig, readSettings, unknownSettings } from '../accounts/config-file.ts';
import { KeysError, usageError } from '../base/errors.ts';
import { jsonFault } from '../base/json-fault.ts';
import type { Draft } from '../platform/editor.ts';
import { openDraft } from '../platform/editor.ts';
import type { Context } from './context.ts';

/**
 * Opens a copy of the configuration in an editor, and replaces the file once the copy is valid. False if nothing changed.
 * Throws `KeysError`: 2 where no editor can be opened, 1 if the copy was given up.
 */
export async function editConfig(context: Context): Promise<boolean> {
  if (context.promptObstacle !== undefined || !context.io.stdout.isTTY) {
    throw usageError(
      `cannot open an editor: ${context.promptObstacle ?? 'not a terminal'}`,
      'keys config set NAME VALUE',
    );
  }
  const { configFile } = context.paths;
  const from = existsSync(configFile) ? readSettings(configFile) : {};
  const draft = openDraft(basename(configFile), `${JSON.stringify(from, undefined, 2)}\n`, context.io);
  try {
    const to = await validSettings(context, draft);
    for (const text of unknownSettings(to)) await context.warn(text);
    context.startMutation();
    return await replaceSettings(configFile, from, to);
  } finally {
    draft.remove();
  }
}

async function validSettings(context: Context, draft: Draft): Promise<Record<string, unknown>> {
  for (;;) {
    const { settings, faults } = readDraft(await draft.edit());
    if (faults.length === 0) return settings;
    for (const fault of faults) await context.warn(fault);
    const isTryingAgain = await context.confirm('The settings are not valid. Edit them again?', [
      'no, leave the file as it was',
      'yes',
    ]);
    if (!isTryingAgain)
      throw new KeysError({ code: 'declined', message: 'declined: the settings are as they were' });
  }
}

function readDraft(text: string): { settings: Record<string, unknown>; faults: string[] } {
  try {
    const settings = parseConfig(text);
    return { settings, faults: faultsIn(settings) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { settings: {}, faults: [jsonFault(error)] };
  }
}
