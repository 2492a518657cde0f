import type { Readable } from 'node:stream';
import { KeysError, usageError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { readAll } from '../platform/io.ts';
import type { SourceContext } from '../sinks/source.ts';
import type { Context } from './context.ts';

/** A secret on stdin, without the final line break. Throws `KeysError` (2) for anything but one line. */
export async function secretOn(stdin: Readable): Promise<Secret> {
  const text = (await readAll(stdin)).trim();
  if (text === '') throw usageError('stdin is empty; expected a secret');
  if (/[\r\n]/.test(text)) throw usageError('stdin has several lines; expected a single one');
  return new Secret(text);
}

/** The secret at a source: `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
export async function secretAt(source: string, context: SourceContext): Promise<Secret> {
  return (await import('../sinks/source.ts')).readSource(source, context);
}

/** The secrets by variable name, in the given order. Throws one `KeysError` for all sources that cannot be read. */
export async function secretsFrom(
  context: Pick<Context, 'secretFrom'>,
  bindings: readonly { name: string; source: string }[],
): Promise<Map<string, Secret>> {
  const secrets = new Map<string, Secret>();
  const failures: KeysError[] = [];
  for (const { name, source } of bindings) {
    try {
      secrets.set(name, await context.secretFrom(source));
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  if (!first) return secrets;
  throw others.length === 0 ? first : combined(first, failures);
}

function combined(first: KeysError, failures: readonly KeysError[]): KeysError {
  const problems = failures.flatMap(({ failure: { message, problems: several = [message] } }) => several);
  const hints = [...new Set(failures.flatMap(({ failure }) => failure.hints ?? []))];
  return new KeysError({ ...first.failure, message: problems.join('; '), problems, hints, cause: failures });
}
