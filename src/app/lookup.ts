import { KeysError } from '../base/errors.ts';
import { looksLikeSecret } from '../base/secret.ts';
import { findKey } from '../keys/find.ts';
import type { Key } from '../keys/key.ts';
import { inOrder, withSuperseded } from '../keys/key.ts';
import type { KeyBackend } from '../keys/ports.ts';
import { hasOperations } from '../platform/paths.ts';
import type { Context } from './context.ts';

/** Every key of the profile, newest first. */
export async function listKeys(context: Context): Promise<Key[]> {
  const { name: profile, provider } = await context.profile();
  const keys = await (await context.backend()).list();
  const placed = keys.map((key) => ({ ...key, provider, profile }));
  if (!hasOperations(context.paths)) return withSuperseded(placed);
  return withSuperseded(await (await import('./open-operations.ts')).withRetirements(context, placed));
}

/** The key that a reference names, as listed. Throws `KeysError` (3) for none or several. */
export async function lookUpKey(context: Context, reference: string): Promise<Key> {
  return findKey(await keysWith(context, [reference]), reference);
}

/** The key that a reference names, with everything that its provider reports. */
export async function showKey(context: Context, reference: string): Promise<Key> {
  const { name: profile, provider } = await context.profile();
  const listed = await lookUpKey(context, reference);
  const whole = (await (await context.backend()).get(listed.id)) ?? listed;
  return inOrder({ ...listed, ...whole, provider, profile });
}

/**
 * Every key of the profile, newest first, and keys that only their id leads to: some APIs list fewer keys than they
 * have, so a key that is not listed is asked for. Throws `KeysError` where the API cannot be asked.
 */
export async function keysWith(context: Context, references: readonly string[]): Promise<Key[]> {
  const backend = await context.backend();
  if (!backend.capabilities.show) return context.keys();
  const listed = await context.keys().catch((error: unknown) => unreadableList(error));
  const keys = listed instanceof KeysError ? [] : listed;
  const { name: profile, provider } = await context.profile();
  const unlisted: Key[] = [];
  for (const reference of references) {
    if (!mayBeId(reference) || !isMissing(keys, reference)) continue;
    const key = await getById(backend, reference);
    if (key?.id === reference) unlisted.push({ ...key, provider, profile });
  }
  if (listed instanceof KeysError) {
    if (references.length === 0 || unlisted.length < references.length) throw listed;
    await context.warn(`${listed.message}; each key was fetched by its id instead`);
  }
  return [...keys, ...unlisted];
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
