import type { Readable } from 'node:stream';
import { usageError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { readAll } from '../platform/io.ts';
import type { SourceContext } from '../sinks/source.ts';

/** The one line on stdin, without its line break. Throws `KeysError` (2) for anything else. */
export async function secretOn(stdin: Readable): Promise<Secret> {
  const text = (await readAll(stdin)).trim();
  if (text === '' || /[\r\n]/.test(text)) {
    throw usageError(`stdin must hold ${text === '' ? 'a value' : 'one line'}, and nothing else`);
  }
  return new Secret(text);
}

/** The secret at a source: `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
export async function secretAt(source: string, context: SourceContext): Promise<Secret> {
  return (await import('../sinks/source.ts')).readSource(source, context);
}
