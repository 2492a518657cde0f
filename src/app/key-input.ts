import { usageError } from '../base/errors.ts';
import { Secret, secretsIn } from '../base/secret.ts';
import type { Context } from './context.ts';

/* The secret of a key as input to a command: from a source, stdin or a masked prompt, never from an argument. */

/** Text that contains a secret. Throws `KeysError` (2) where it cannot prompt. */
export async function readKeyText(
  context: Context,
  command: string,
  from: string | undefined,
): Promise<Secret> {
  if (from !== undefined) return context.secretFrom(from);
  if (!context.io.stdin.isTTY) return nonEmpty((await context.readStdin()).trim());
  if (context.interactive) return context.askSecret('API key');
  throw usageError(
    `cannot prompt for the secret: ${context.promptObstacle}`,
    `keys ${command} < key.txt`,
    `keys ${command} --from file:PATH`,
  );
}

function nonEmpty(text: string): Secret {
  if (text === '') throw usageError('stdin is empty; expected a secret');
  return new Secret(text);
}

/**
 * The only secret in a text such as a dotenv file. Throws `KeysError` (2) for none or several: the wrong secret must
 * not be sent to an API.
 */
export async function readKeyValue(
  context: Context,
  command: string,
  from: string | undefined,
): Promise<Secret> {
  const text = await readKeyText(context, command, from);
  const plain = unquoted(text.mapped((value) => value.trim()));
  const [only, ...others] = secretsIn(plain);
  if (isBare(plain) && (!only || only.equals(plain))) return plain;
  const value = others.length === 0 ? (only ?? assignedIn(plain)) : undefined;
  if (value) {
    await context.note('the input contains more than the secret; only the secret is used');
    return value;
  }
  throw usageError(
    `the input ${others.length > 0 ? 'contains several secrets' : 'is not a single secret'}; nothing was sent`,
    `keys ${command} --from env:PATH#NAME`,
    'to find out which of your keys are in a text: keys find',
  );
}

/** One word without `NAME=` before it. */
function isBare(text: Secret): boolean {
  return text.matches(/^\S+$/) && !text.matches(/^(?:export\s+)?[A-Za-z_]\w*=[^=]/);
}

function unquoted(text: Secret): Secret {
  return text.mapped((value) => /^(["'`])([^"'`]*)\1$/.exec(value)?.[2] ?? value);
}

/** The value of a dotenv file with a single line. */
function assignedIn(text: Secret): Secret | undefined {
  const assignment = /^(?:export\s+)?[A-Za-z_]\w*=(["'`]?)([^\s"'`#]+)\1\s*(?:#.*)?$/;
  if (!text.matches(assignment)) return undefined;
  return text.mapped((value) => assignment.exec(value)?.[2] ?? '');
}
