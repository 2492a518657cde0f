import type { Secret } from '../base/secret.ts';
import type { Key } from './key.ts';
import { keyFields } from './key.ts';
import type { KeyBackend } from './ports.ts';

/**
 * Evidence that a value belongs to a key, strongest first: its SHA-256, which the API uses as id or keeps; the id of the
 * key, which is part of the value; the prefix that the API shows, which is no proof.
 */
export const evidence = ['hash', 'id', 'prefix'] as const;

/** A key that a value may belong to. */
export interface Match extends Key {
  match: (typeof evidence)[number];
}

export const matchFields = [...keyFields, 'match'] as const;

/** A backend that keeps the hashes of values itself: a value that it does not know belongs to none of its keys. */
export interface HashKeeper {
  /** The ids of all keys that a text may be a value of, or the beginning of one, by the text alone. */
  idsIn(value: Secret): string[];
  /** The id of the key with this value. */
  holderOf(value: Secret): Promise<string | undefined>;
}

export function keepsHashes(backend: KeyBackend): backend is KeyBackend & HashKeeper {
  return 'holderOf' in backend;
}

/**
 * The keys that a value may belong to; weaker matches are left out if there is a stronger one. `ownId` is the id in a value
 * that has the authority's format.
 */
export async function matchKeys(
  keys: readonly Key[],
  value: Secret,
  ownId: string | undefined,
): Promise<Match[]> {
  const { createHash } = await import('node:crypto');
  const text = value.reveal();
  const hash = createHash('sha256').update(text).digest('hex');
  // `<access key id>:<secret>`, the format of PrivateMind.
  const ids = [ownId, /^([^:]+):./s.exec(text)?.[1]];
  const keysByHash = keys.filter(({ id }) => id.toLowerCase() === hash);
  if (keysByHash.length > 0) return withEvidence(keysByHash, 'hash');
  const keysById = keys.filter(({ id }) => ids.includes(id));
  if (keysById.length > 0) return withEvidence(keysById, 'id');
  return withEvidence(shownAs(keys, text), 'prefix');
}

export function withEvidence(keys: readonly Key[], match: Match['match']): Match[] {
  return keys.map((key) => ({ ...key, match }));
}

/** Matches of several accounts, strongest first. */
export function bestFirst(matches: readonly Match[]): Match[] {
  return [...matches].sort((a, b) => evidence.indexOf(a.match) - evidence.indexOf(b.match));
}

/** What all values of a kind begin with, such as `sk-or-v1-`: it identifies none of them. */
const common = /^(?:(?:[A-Za-z][A-Za-z0-9]{0,11}[-_])+|AIza(?:Sy)?|A[KS]IA|eyJ[\w-]*)/;
/** How many characters after that identify a value, and how many an id. */
const [minProvingLength, minIdLength] = [6, 8];

/**
 * Whether a match is strong enough to act on: to send the value to the API of the key, or to revoke an older key. Values
 * that merely begin alike, such as the tokens of two accounts, are not.
 */
export function proves({ match, id, prefix = '' }: Match): boolean {
  if (match === 'hash') return true;
  if (match === 'id') return id.length >= minIdLength;
  const [head = '', ...others] = prefix.trim().split(leftOut);
  return [head.replace(common, ''), ...others].join('').length >= minProvingLength;
}

/** What the value of a key begins with, if that is enough to tell it from others. */
export function headOf(key: Key): string | undefined {
  const [head = ''] = (key.prefix ?? '').trim().split(leftOut);
  return proves({ ...key, prefix: head, match: 'prefix' }) ? head : undefined;
}

/**
 * Whether a value is of the kind that APIs issue: one long word, or two with `:` between them. An address with a password in it, a certificate, JSON and
 * most of what people choose are not; an API that is not honest could show the beginning of any of them as that of a key.
 */
export function mayBeIssued(value: Secret): boolean {
  return value.matches(/^[0-9A-Za-z](?:[\w.~+/=-]{19,}|[\w.~+=-]{0,63}:[\w.~+=-][\w.~+/=-]{15,})$/);
}

/** How many characters must be equal; fewer would match any value. */
const minShownLength = 4;

/** The keys whose shown prefix is part of the value, longest first. */
function shownAs(keys: readonly Key[], value: string): Key[] {
  return keys
    .map((key) => ({ key, shownLength: shownIn(value, key.prefix ?? '') }))
    .filter(({ shownLength }) => shownLength >= minShownLength)
    .sort((a, b) => b.shownLength - a.shownLength)
    .map(({ key }) => key);
}

/**
 * Whether a value that matches no key certainly belongs to none: the API shows enough of each key's value, or uses its
 * SHA-256 as id.
 */
export function allShown(keys: readonly Key[]): boolean {
  return keys.every(
    ({ id, prefix = '' }) => shownOf(prefix).length >= minShownLength || /^[0-9a-f]{64}$/i.test(id),
  );
}

/** Whether the API shows something of a key's value that is not part of this one. */
export function contradicts({ prefix = '' }: Key, value: Secret): boolean {
  return shownOf(prefix).length >= minShownLength && shownIn(value.reveal(), prefix) === 0;
}

/** `sk_ab` is a prefix; `sk_ab****` and `sk_ab...wxyz` leave out a part of unknown length. */
const leftOut = /(?:\.{2,}|[*•●…])+/u;

function shownOf(prefix: string): string {
  return prefix.trim().replace(new RegExp(leftOut, 'gu'), '');
}

/** How many characters of the value are shown; 0 if it is another value. */
function shownIn(value: string, prefix: string): number {
  const [head = '', ...later] = prefix.trim().split(leftOut);
  const tail = later.pop() ?? '';
  if (!value.startsWith(head)) return 0;
  let at = head.length;
  for (const piece of later) {
    const index = value.indexOf(piece, at);
    if (index < 0) return 0;
    at = index + piece.length;
  }
  if (!value.slice(at).endsWith(tail)) return 0;
  return [head, ...later, tail].join('').length;
}
