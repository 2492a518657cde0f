import type { App } from '../app.ts';
import { usageError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { value } from './define.ts';
import { readSource } from './read.ts';

/* The value of a key, for the commands that are asked about one: never an argument. */

export const fromFlag = value(
  '--from <source>',
  'where the value is: keychain:NAME, file:PATH or env:PATH#NAME',
  readSource,
);

/** The value from `--from`, from stdin, or from a masked prompt. Throws `KeysError` (2) where nobody can be asked. */
export async function readKeyValue(app: App, command: string, from: string | undefined): Promise<Secret> {
  if (from !== undefined) return app.secretFrom(from);
  if (!app.io.stdin.isTTY) return app.readSecret();
  if (app.interactive) return app.askSecret('Value of the key');
  throw usageError(
    'nobody can be asked for the value here',
    `keys ${command} < key.txt`,
    `keys ${command} --from file:PATH`,
  );
}
