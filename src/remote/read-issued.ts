import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { shellWord } from '../base/shell-word.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Key } from '../keys/key.ts';
import { unread } from '../keys/key.ts';
import type { Made } from '../keys/ports.ts';
import type { KeyFields } from '../providers/declaration/key-fields.ts';
import type { Issuing } from '../providers/declaration/operation.ts';
import { parseJson } from './explain-failure.ts';
import { readId, readKey } from './read-key.ts';
import type { Part } from './select.ts';
import { part, required, select, text, wrongShape } from './select.ts';

/** What was asked for, and how its answer is to be read. */
export interface IssueRequest {
  operation: Issuing;
  fields: KeyFields;
  /** What the key is called. */
  name: string;
  now: Date;
}

/**
 * What an API answered that has just issued a secret. Which key it is of may be left open, see `Made`. Throws
 * `KeysError`: 5, `orphan_key`, where there is a key and its secret cannot be used; 7 where nothing shows that there is.
 */
export function readIssued(response: HttpResponse, request: IssueRequest): Made {
  const answer = part(jsonOf(response));
  const key = readNew(answer, request);
  const found = select(answer, request.operation.secret);
  const isThere = found !== undefined && found.value !== null;
  try {
    const secret = readSecret(required(answer, request.operation.secret, 'secret'));
    const named = key && withoutSecret(key, secret);
    return { secret, ...(named && { key: named }) };
  } catch (error) {
    throw error instanceof KeysError && (key || isThere) ? orphanKey(request.name, key?.id, error) : error;
  }
}

/** A secret is not thrown away because the server calls its JSON something else. */
function jsonOf(response: HttpResponse): unknown {
  try {
    return response.json();
  } catch (error) {
    const body = parseJson(response.text);
    if (typeof body === 'object') return body;
    throw error;
  }
}

/** The key of a secret. One that can be named can be revoked: its other fields are no reason to lose it. */
function readNew(answer: Part, { operation, fields, name, now }: IssueRequest): Key | undefined {
  const found = operation.key === undefined ? undefined : select(answer, operation.key);
  if (!found || !hasId(found, fields)) return undefined;
  const { key } = readKey(found, fields, now);
  // Where the API keeps no names, the key is called as it was asked for as long as anybody remembers.
  const isNameless = typeof fields.name === 'object' && 'always' in fields.name;
  if (isNameless || key.name !== '') return { ...key, name: isNameless ? name : key.name };
  // Nothing in the answer says that the name was kept.
  return { ...key, name, [unread]: [...(key[unread] ?? []), 'name'] };
}

function hasId(found: Part, fields: KeyFields): boolean {
  try {
    return readId(found, fields) !== '';
  } catch {
    return false;
  }
}

/**
 * A key is shown and written down; its secret must not be in any field of it. Some APIs have the whole secret where later
 * its beginning is. A key whose id is the secret cannot be named.
 */
function withoutSecret({ prefix, labels, ...key }: Key, secret: Secret): Key | undefined {
  if (secret.hideIn(key.id) !== key.id) return undefined;
  const texts = Object.entries(key).filter(([, value]) => typeof value === 'string');
  return {
    ...key,
    ...Object.fromEntries(texts.map(([field, value]) => [field, secret.hideIn(String(value))])),
    ...(prefix !== undefined && secret.hideIn(prefix) !== '****' && { prefix: secret.hideIn(prefix) }),
    ...(labels && { labels: JSON.parse(secret.hideIn(JSON.stringify(labels))) }),
  };
}

/** A secret that no header, file or terminal could carry whole is none. */
function readSecret(found: Part): Secret {
  const value = text(found);
  if (/^[!-~]+$/.test(value)) return new Secret(value);
  throw wrongShape(found, 'a secret of visible ASCII characters');
}

function orphanKey(name: string, id: string | undefined, cause: KeysError): KeysError {
  return new KeysError({
    ...cause.failure,
    exit: 'unfinished',
    code: 'orphan_key',
    message: `a key named ${name}${id === undefined ? '' : ` (${id})`} was made, but its secret is lost: ${cause.message}`,
    hints: id === undefined ? ['keys list'] : [`keys revoke ${shellWord(id)} --yes`],
    cause,
  });
}
