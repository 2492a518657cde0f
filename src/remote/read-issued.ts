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
import { secretIn, secretPartsIn } from './new-secret.ts';
import { readId, readKey } from './read-key.ts';
import type { Part } from './select.ts';
import { part, select, text, wrongShape } from './select.ts';

/** What was requested, and how to read the response. */
export interface IssueRequest {
  operation: Issuing;
  fields: KeyFields;
  /** The name of the key. */
  name: string;
  /** The secret that was sent, if the API takes one from the client. */
  newSecret?: Secret | undefined;
  now: Date;
  /** `, not yours`: what the response gives as a reason, if it gives one. */
  reason?: () => string;
}

/**
 * Reads the response to a call that issues a secret. It may not say which key the secret belongs to, see `Made`. Throws
 * `KeysError`: 5, `orphan_key`, if a key exists but its secret cannot be used; 7 if nothing shows that a key exists.
 */
export function readIssued(response: HttpResponse, request: IssueRequest): Made {
  const answer = part(jsonOf(response, request));
  const key = readNew(answer, request);
  const { secret: where } = request.operation;
  const parts = where === undefined ? [] : secretPartsIn(answer, where);
  try {
    const isEmpty = !key && !request.newSecret && !parts.some(Boolean);
    const reason = isEmpty && request.reason?.();
    if (reason) throw refused(reason);
    const secret = secretOf(answer, request);
    const safeKey = key && withoutSecret(withoutParts(key, parts), secret);
    return { secret, ...(safeKey && { key: safeKey }) };
  } catch (error) {
    throw error instanceof KeysError && (key || parts.some(Boolean))
      ? orphanKey(request.name, key?.id, error)
      : error;
  }
}

/** A secret that was sent counts as issued unless the response has a usable one of its own. */
function secretOf(answer: Part, { operation: { secret: where }, newSecret }: IssueRequest): Secret {
  if (where === undefined && newSecret) return newSecret;
  try {
    return readSecret(secretIn(answer, where ?? []));
  } catch (error) {
    if (newSecret && error instanceof KeysError) return newSecret;
    throw error;
  }
}

/** A shorter part may be in a text by chance. */
const minPartLength = 8;

/** The key without the parts of its secret, except its own id. */
function withoutParts(key: Key, parts: readonly (Part | undefined)[]): Key {
  const pieces = parts.length < 2 ? [] : parts.map((one) => String(one?.value ?? ''));
  return pieces
    .filter((piece) => piece.length >= minPartLength && !key.id.includes(piece))
    .reduce((safeKey, piece) => withoutSecret(safeKey, new Secret(piece)) ?? safeKey, key);
}

/** A secret is not thrown away because the server declares its JSON as something else. */
function jsonOf(response: HttpResponse, { newSecret }: IssueRequest): unknown {
  if (newSecret && response.text.trim() === '') return {};
  try {
    return response.json();
  } catch (error) {
    const body = parseJson(response.text);
    if (typeof body === 'object') return body;
    throw error;
  }
}

/** The key of a new secret. With an id it can be revoked, so unreadable other fields do not matter. */
function readNew(answer: Part, { operation, fields, name, now }: IssueRequest): Key | undefined {
  const keyPart = operation.key === undefined ? undefined : select(answer, operation.key);
  if (!keyPart || !hasId(keyPart, fields)) return undefined;
  const { key } = readKey(keyPart, withoutDefaults(fields), now);
  // If the API has no names, the key has the requested name until this process ends.
  const isNameless = typeof fields.name === 'object' && 'always' in fields.name;
  if (isNameless || key.name !== '') return { ...key, name: isNameless ? name : key.name };
  // The response does not confirm the name.
  return { ...key, name, [unread]: [...(key[unread] ?? []), 'name'] };
}

/** A response that names only the new key leaves out fields that have a value: what is missing is not known. */
function withoutDefaults(fields: KeyFields): KeyFields {
  const entries = Object.entries(fields).map(([name, where]: [string, unknown]) => {
    if (typeof where !== 'object' || where === null || !('missing' in where)) return [name, where];
    const { missing: _, ...rest } = where;
    return [name, rest];
  });
  return Object.fromEntries(entries);
}

/** It may be a refusal in a form of its own, or a key was created after all: the list has to tell. */
function refused(reason: string): KeysError {
  return new KeysError({
    code: 'unexpected_answer',
    message: `the response has no secret${reason}`,
    hints: ['look at the traffic: --debug'],
  });
}

function hasId(keyPart: Part, fields: KeyFields): boolean {
  try {
    return readId(keyPart, fields) !== '';
  } catch {
    return false;
  }
}

/**
 * The key without its secret in any field, because keys are shown and recorded. Some APIs first return the whole secret
 * where they later return its prefix. Undefined if the id is the secret.
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

/**
 * Throws for a secret that a header, a file or a terminal could not carry whole, and for a masked one: by the API, or
 * because the API has returned the session token. Delivered in place of the secret, it would retire the old key.
 */
function readSecret(secretPart: Part): Secret {
  const value = text(secretPart);
  if (value.includes('****')) throw wrongShape(secretPart, 'a whole secret');
  if (/^[!-~]+$/.test(value)) return new Secret(value);
  throw wrongShape(secretPart, 'a secret of visible ASCII characters');
}

function orphanKey(name: string, id: string | undefined, cause: KeysError): KeysError {
  return new KeysError({
    ...cause.failure,
    exit: 'unfinished',
    code: 'orphan_key',
    message: `a key named ${name}${id === undefined ? '' : ` (${id})`} was created, but its secret is lost: ${cause.message}`,
    hints: id === undefined ? ['keys list'] : [`keys revoke ${shellWord(id)} --yes`],
    cause,
  });
}
