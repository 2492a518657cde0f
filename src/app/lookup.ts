import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInFile } from '../accounts/profile.ts';
import { KeysError } from '../base/errors.ts';
import { looksLikeSecret } from '../base/secret.ts';
import { findKey } from '../keys/find.ts';
import type { Key } from '../keys/key.ts';
import { inOrder, markSuperseded } from '../keys/key.ts';
import type { KeyBackend } from '../keys/ports.ts';
import { hasOperations } from '../platform/paths.ts';
import type { Context } from './context.ts';

/** Every key of the profile, newest first; with references, those that they are about, as `KeyBackend.list` returns them. */
export async function listKeys(context: Context, references?: readonly string[]): Promise<Key[]> {
  const keys = await (await context.backend()).list(references);
  const place = await placer(context);
  for (const key of keys) place(key);
  if (!references) await keepNames(context, keys);
  return markSuperseded(keys);
}

/** For completion, if somebody uses it. */
async function keepNames(context: Context, keys: readonly Key[]): Promise<void> {
  const { paths, io } = context;
  const profile = await context.profile();
  if (isInFile(profile) || !existsSync(join(paths.cache, 'completion'))) return;
  const { NameCache } = await import('./completion/name-cache.ts');
  try {
    new NameCache(profile, io).write(keys, io.now());
  } catch {
    // Completion does without.
  }
}

/** A function that adds to a key where it is and when a rotation retires it. It changes the key itself. */
export async function placer(context: Context): Promise<(key: Key) => Key> {
  const { name: profile, provider } = await context.profile();
  // Not by `Object.assign`: V8 would make a dictionary of each key, which takes three times the memory.
  const place = (key: Key) => {
    key.provider = provider;
    key.profile = profile;
    return key;
  };
  if (!hasOperations(context.paths)) return place;
  const retire = await (await import('./open-operations.ts')).retirements(context);
  return (key) => retire(place(key));
}

/** The key that a reference names, perhaps without `superseded`. Throws `KeysError` (3) for none or several. */
export async function lookUpKey(context: Context, reference: string): Promise<Key> {
  return (await keyWithId(context, reference)) ?? lookUpInList(context, reference);
}

/** Pages of keys with where they are and when a rotation retires them, which are added to the keys themselves. */
export async function* placedPages(
  context: Context,
  pages: AsyncIterable<readonly Key[]>,
): AsyncGenerator<readonly Key[]> {
  const place = await placer(context);
  for await (const page of pages) {
    for (const key of page) {
      place(key);
      // Without a time of creation, only the journal tells which key of a name is older.
      if (key.createdAt === undefined) key.superseded = key.retireAt !== undefined;
    }
    yield page;
  }
}

/** The same for output, with `superseded`, which only a list tells. */
export async function lookUpInList(context: Context, reference: string): Promise<Key> {
  const list = async () => (await namedBy(context, reference)) ?? context.keys([reference]);
  return findKey(await keysWith(context, [reference], list), reference);
}

/**
 * The keys that a reference may name, where an API returns the newest first: every newer key of its name comes before the
 * key with that id, so no page is read after it. Undefined if only the whole list can tell.
 */
async function namedBy(context: Context, reference: string): Promise<Key[] | undefined> {
  const backend = await context.backend();
  const pages = (await context.connection()) && backend.select?.({ status: 'all' }, context.now);
  if (!pages) return undefined;
  const keys: Key[] = [];
  try {
    for await (const page of placedPages(context, pages)) {
      keys.push(...page.filter((key) => isNamedBy(key, reference)));
      if (keys.some(({ id }) => id === reference)) break;
    }
    return keys;
  } catch (error) {
    // The list may only be in another order than declared.
    if (error instanceof KeysError && error.failure.code === 'unexpected_answer') return undefined;
    throw error;
  }
}

/** Whether `findKey` looks at a key, or tells of it. */
function isNamedBy({ id, name, prefix }: Key, reference: string): boolean {
  return id.startsWith(reference) || name === reference || prefix === reference;
}

/**
 * The key of an id, where an API shows a key by its id: one call in place of a list. Undefined for what may be a name as
 * well, and if no key has the id.
 */
export async function keyWithId(context: Context, reference: string): Promise<Key | undefined> {
  const backend = await context.backend();
  if (!backend.capabilities.show || !looksLikeId(reference) || !mayBeId(reference)) return undefined;
  // The embedded authority finds every reference as quickly.
  if (!(await context.connection())) return undefined;
  const key = await getById(backend, reference);
  return key?.id === reference ? (await placer(context))(key) : undefined;
}

/** A number, a UUID, or a word in which letters and digits alternate more than once, which people rarely choose. */
function looksLikeId(reference: string): boolean {
  return (
    /^\d+$/.test(reference) ||
    /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(reference) ||
    /(?:[a-z]+\d+){2}|(?:\d+[a-z]+){2}/i.test(reference)
  );
}

/** The key that a reference names, with everything that its provider reports. */
export async function showKey(context: Context, reference: string): Promise<Key> {
  const { name: profile, provider } = await context.profile();
  const listedKey = await lookUpInList(context, reference);
  const whole = (await (await context.backend()).get(listedKey.id)) ?? listedKey;
  return inOrder({ ...listedKey, ...whole, provider, profile });
}

/**
 * The keys that references are about, newest first (every key without references), and keys that only their id leads to:
 * some APIs list fewer keys than they have, so a key that is not listed is asked for. Throws `KeysError` where the API
 * cannot be asked.
 */
export async function keysWith(
  context: Context,
  references: readonly string[],
  list = () => context.keys(references.length > 0 ? references : undefined),
): Promise<Key[]> {
  const backend = await context.backend();
  if (!backend.capabilities.show) return list();
  const listing = await list().catch((error: unknown) => unreadableList(error));
  const keys = listing instanceof KeysError ? [] : listing;
  const { name: profile, provider } = await context.profile();
  const unlistedKeys: Key[] = [];
  for (const reference of references) {
    if (!mayBeId(reference) || !isMissing(keys, reference)) continue;
    const key = await getById(backend, reference);
    if (key?.id === reference) unlistedKeys.push({ ...key, provider, profile });
  }
  if (listing instanceof KeysError) {
    if (references.length === 0 || unlistedKeys.length < references.length) throw listing;
    await context.warn(`${listing.message}; each key was fetched by its id instead`);
  }
  return [...keys, ...unlistedKeys];
}

/** A key whose id is known can be revoked even where the list is unreadable. */
function unreadableList(error: unknown): KeysError {
  const codes = ['unexpected_answer', 'list_incomplete', 'list_endless', 'page_repeated', 'body_too_large'];
  if (error instanceof KeysError && codes.includes(error.failure.code)) return error;
  throw error;
}

/** Undefined where there is no such key. Some APIs refuse an id of a form that is not theirs. */
async function getById(backend: KeyBackend, id: string): Promise<Key | undefined> {
  try {
    return await backend.get(id);
  } catch (error) {
    if (error instanceof KeysError && ['failed', 'usage', 'notFound'].includes(error.failure.exit))
      return undefined;
    throw error;
  }
}

/** A secret must not end up in a URL. */
function mayBeId(reference: string): boolean {
  return /^[\w.~:@+/=-]{4,200}$/.test(reference) && !looksLikeSecret(reference);
}

function isMissing(keys: readonly Key[], reference: string): boolean {
  try {
    findKey(keys, reference);
    return false;
  } catch (error) {
    if (error instanceof KeysError && error.failure.code === 'no_such_key') return true;
    if (error instanceof KeysError) return false;
    throw error;
  }
}
