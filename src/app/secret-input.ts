import type { Readable } from 'node:stream';
import { usageError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Environment } from '../platform/env.ts';
import { readAll } from '../platform/io.ts';

/** A secret on stdin, without the line break after it. Throws `KeysError` (2) for anything else than one line. */
export async function secretOn(stdin: Readable): Promise<Secret> {
  const text = (await readAll(stdin)).trim();
  if (text === '' || /[\r\n]/.test(text)) {
    throw usageError(`stdin must hold ${text === '' ? 'a value' : 'one line'}, and nothing else`);
  }
  return new Secret(text);
}

/** The secret at a source: `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
export async function secretAt(
  source: string,
  { env, cwd, interactive }: { env: Environment; cwd: string; interactive: boolean },
): Promise<Secret> {
  if (source.startsWith('keychain:')) {
    const { readKeptSecret } = await import('../accounts/tokens/kept-secret.ts');
    return readKeptSecret(source.slice('keychain:'.length), { env, interactive });
  }
  return (await import('../sinks/source.ts')).readSource(source, cwd);
}
