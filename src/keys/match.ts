import type { Secret } from '../base/secret.ts';
import type { Key } from './key.ts';
import { keyFields } from './key.ts';
import type { KeyBackend } from './ports.ts';

/**
 * What tells that a value is that of a key, the strongest first: its SHA-256, as the API addresses the key by it or keeps
 * it; the id of the key, which stands in the value; what the API shows of the value, which is no proof.
 */
export const evidence = ['hash', 'id', 'prefix'] as const;

/** A key that may have the value that was asked about. */
export interface Match extends Key {
  match: (typeof evidence)[number];
}

export const matchFields = [...keyFields, 'match'] as const;

/** A backend that keeps the hashes of values itself: what it does not know is the value of none of its keys. */
export interface HashKeeper {
  /** The id of the key whose value this is. */
  holderOf(value: Secret): Promise<string | undefined>;
}

export function keepsHashes(backend: KeyBackend): backend is KeyBackend & HashKeeper {
  return 'holderOf' in backend;
}

/**
 * The keys that may have the value, the most certain first; a match that is no proof is left out beside one that is.
 * `ownId` is the id in a value that is shaped as the authority shapes them.
 */
export async function matchKeys(
  keys: readonly Key[],
  value: Secret,
  ownId: string | undefined,
): Promise<Match[]> {
  const { createHash } = await import('node:crypto');
  const text = value.reveal();
  const hash = createHash('sha256').update(text).digest('hex');
  // `<access key id>:<secret>`, as PrivateMind shapes them.
  const ids = [ownId, /^([^:]+):./s.exec(text)?.[1]];
  const hashed = keys.filter(({ id }) => id.toLowerCase() === hash);
  if (hashed.length > 0) return withEvidence(hashed, 'hash');
  const named = keys.filter(({ id }) => ids.includes(id));
  if (named.length > 0) return withEvidence(named, 'id');
  return withEvidence(shownAs(keys, text), 'prefix');
}

export function withEvidence(keys: readonly Key[], match: Match['match']): Match[] {
  return keys.map((key) => ({ ...key, match }));
}

/** Matches of several accounts, the most certain first. */
export function bestFirst(matches: readonly Match[]): Match[] {
  return [...matches].sort((a, b) => evidence.indexOf(a.match) - evidence.indexOf(b.match));
}

/** What many values of a kind begin with, such as `sk-or-v1-`: it tells nothing about one of them. */
const common = /^(?:(?:[A-Za-z][A-Za-z0-9]{0,11}[-_])+|AIza(?:Sy)?|A[KS]IA|eyJ[\w-]*)/;
/** Characters behind that which show whose value it is, and characters of an id. */
const [fewestProving, shortestId] = [6, 8];

/**
 * Whether a match is good enough to act on: to send the value to the API of the key, or to end an older one. Values that
 * merely begin alike, such as the tokens of two accounts, are not.
 */
export function proves({ match, id, prefix = '' }: Match): boolean {
  if (match === 'hash') return true;
  if (match === 'id') return id.length >= shortestId;
  const [head = '', ...others] = prefix.trim().split(leftOut);
  return [head.replace(common, ''), ...others].join('').length >= fewestProving;
}

/**
 * Whether a value is of the kind that APIs issue: one long word, or two with `:` between them. An address with a password in it, a certificate, JSON and
 * most of what people choose are not; an API that is not honest could show the beginning of any of them as that of a key.
 */
export function mayBeIssued(value: Secret): boolean {
  return value.matches(/^[0-9A-Za-z](?:[\w.~+/=-]{19,}|[\w.~+=-]{0,63}:[\w.~+=-][\w.~+/=-]{15,})$/);
}

/** Characters that must be the same; with fewer, any value would do. */
const fewestShown = 4;

/** The keys of which the API shows what stands in the value too, those with the most of it first. */
function shownAs(keys: readonly Key[], value: string): Key[] {
  return keys
    .map((key) => ({ key, shown: shownIn(value, key.prefix ?? '') }))
    .filter(({ shown }) => shown >= fewestShown)
    .sort((a, b) => b.shown - a.shown)
    .map(({ key }) => key);
}

/**
 * Whether a value that matches no key is certainly that of none: of each key enough of the value is shown to tell, or the
 * key goes by the SHA-256 of it.
 */
export function allShown(keys: readonly Key[]): boolean {
  return keys.every(
    ({ id, prefix = '' }) => shownOf(prefix).length >= fewestShown || /^[0-9a-f]{64}$/i.test(id),
  );
}

/** Whether what the API shows of a key's value is no part of this one. */
export function contradicts({ prefix = '' }: Key, value: Secret): boolean {
  return shownOf(prefix).length >= fewestShown && shownIn(value.reveal(), prefix) === 0;
}

/** `sk_ab` is a beginning; `sk_ab****` and `sk_ab...wxyz` leave out a part of unknown length. */
const leftOut = /(?:\.{2,}|[*•●…])+/u;

function shownOf(prefix: string): string {
  return prefix.trim().replace(new RegExp(leftOut, 'gu'), '');
}

/** How many characters of the value are shown; 0 where others are. */
function shownIn(value: string, prefix: string): number {
  const [head = '', ...later] = prefix.trim().split(leftOut);
  const tail = later.pop() ?? '';
  if (!value.startsWith(head)) return 0;
  let at = head.length;
  for (const piece of later) {
    const found = value.indexOf(piece, at);
    if (found < 0) return 0;
    at = found + piece.length;
  }
  if (!value.slice(at).endsWith(tail)) return 0;
  return [head, ...later, tail].join('').length;
}
