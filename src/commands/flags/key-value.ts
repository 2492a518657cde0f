import type { Context } from '../../app/context.ts';
import { usageError } from '../../base/errors.ts';
import { Secret, secretsIn } from '../../base/secret.ts';
import { value } from '../../cli/define.ts';
import { readSource } from '../../cli/read.ts';

/* The value of a key, for the commands that are asked about one: never an argument. */

export const fromFlag = value(
  '--from <source>',
  'where the value is: keychain:NAME, file:PATH or env:PATH#NAME',
  readSource,
);

/**
 * The text with a value in it, from `--from`, from stdin, or from a masked prompt. Throws `KeysError` (2) where nobody can
 * be asked.
 */
export async function readKeyText(
  context: Context,
  command: string,
  from: string | undefined,
): Promise<Secret> {
  if (from !== undefined) return context.secretFrom(from);
  if (!context.io.stdin.isTTY) return nonEmpty((await context.readStdin()).trim());
  if (context.interactive) return context.askSecret('Value of the key');
  throw usageError(
    'cannot prompt for the value: not a terminal',
    `keys ${command} < key.txt`,
    `keys ${command} --from file:PATH`,
  );
}

function nonEmpty(text: string): Secret {
  if (text === '') throw usageError('stdin must hold a value');
  return new Secret(text);
}

/**
 * The one value that a text such as a dotenv file holds. Throws `KeysError` (2) where it holds none, or several: to send
 * another one to an API than was meant would give that away.
 */
export async function readKeyValue(
  context: Context,
  command: string,
  from: string | undefined,
): Promise<Secret> {
  const text = await readKeyText(context, command, from);
  const plain = unquoted(text.mapped((value) => value.trim()));
  const looksRight = secretsIn(plain);
  const [only, ...others] = looksRight;
  if (isBare(plain) && (!only || only.equals(plain))) return plain;
  const assigned = assignedIn(plain);
  const value = others.length === 0 ? (only ?? assigned) : undefined;
  if (value) {
    await context.note('the input holds more than a value: only the value in it is used');
    return value;
  }
  throw usageError(
    `the input holds ${others.length > 0 ? 'several values' : 'a text that is no single value'}: nothing was sent`,
    `keys ${command} --from env:PATH#NAME`,
    'keys find tells which of your keys are in a text',
  );
}

/** One word, with no name before it. */
function isBare(text: Secret): boolean {
  return text.matches(/^\S+$/) && !text.matches(/^(?:export\s+)?[A-Za-z_]\w*=[^=]/);
}

function unquoted(text: Secret): Secret {
  return text.mapped((value) => /^(["'`])([^"'`]*)\1$/.exec(value)?.[2] ?? value);
}

/** The value of the only line of a dotenv file. */
function assignedIn(text: Secret): Secret | undefined {
  let found: string | undefined;
  text.mapped((value) => {
    found = /^(?:export\s+)?[A-Za-z_]\w*=(["'`]?)([^\s"'`#]+)\1\s*(?:#.*)?$/.exec(value)?.[2];
    return '';
  });
  return found === undefined ? undefined : new Secret(found);
}
