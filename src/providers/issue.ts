import { KeysError } from '../errors.ts';
import type { HttpResponse } from '../http/client.ts';
import type { Key } from '../lifecycle/key.ts';
import { Secret } from '../secret.ts';
import type { Issuing, KeyFields } from './provider.ts';
import { readKey } from './read-key.ts';
import type { Part } from './select.ts';
import { part, required, select, text, wrongShape } from './select.ts';

/** What was asked for, and how its answer is to be read. */
export interface Asked {
  operation: Issuing;
  fields: KeyFields;
  /** What the key is called. */
  name: string;
  now: Date;
  /** Looks for the key, where the answer does not tell which it is. */
  newest: () => Promise<Key>;
}

/**
 * What an API answered that has just issued a secret. Throws `KeysError` (5, `orphan_key`) where that cannot be used:
 * there is a key, and nobody has its secret.
 */
export async function readIssued(
  response: HttpResponse,
  asked: Asked,
): Promise<{ key: Key; secret: Secret }> {
  const { operation, fields, name } = asked;
  try {
    const answer = part(response.json());
    const secret = readSecret(required(answer, operation.secret, 'secret'));
    const { prefix, ...key } = await readNew(answer, asked);
    // Where the API keeps no names, the key is called as it was asked for as long as anybody remembers.
    const isNameless = typeof fields.name === 'object' && 'always' in fields.name;
    const isWhole = prefix !== undefined && secret.hideIn(prefix) === '****';
    const known = { ...key, name: isNameless ? name : key.name || name };
    return { key: { ...known, ...(prefix !== undefined && !isWhole && { prefix }) }, secret };
  } catch (error) {
    throw error instanceof KeysError ? orphan(name, error) : error;
  }
}

/** The key of a secret. One that can be named can be revoked: its other fields are no reason to lose it. */
async function readNew(answer: Part, { operation, fields, name, now, newest }: Asked): Promise<Key> {
  if (operation.key === undefined) return newest();
  const found = required(answer, operation.key, 'key');
  try {
    return readKey(found, fields, now);
  } catch (error) {
    const id = select(found, fields.id)?.value;
    if (!(error instanceof KeysError) || (typeof id !== 'string' && typeof id !== 'number')) throw error;
    return { id: String(id), name, status: 'unknown' };
  }
}

/** A secret that no header, file or terminal could carry whole is none. */
function readSecret(found: Part): Secret {
  const value = text(found);
  if (/^[!-~]+$/.test(value)) return new Secret(value);
  throw wrongShape(found, 'a secret of visible ASCII characters');
}

function orphan(name: string, cause: KeysError): KeysError {
  return new KeysError({
    ...cause.failure,
    exit: 'unfinished',
    code: 'orphan_key',
    message: `a key named ${name} was made, but the answer cannot be used: ${cause.message}`,
    hints: ['keys list', 'revoke the new key: nobody has its secret'],
    cause,
  });
}
