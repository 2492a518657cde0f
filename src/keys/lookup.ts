import type { Context } from '../app/context.ts';
import { KeysError } from '../base/errors.ts';
import { looksLikeSecret } from '../base/secret.ts';
import { findKey } from './find.ts';
import type { Key } from './key.ts';
import type { KeyBackend } from './ports.ts';

/**
 * Every key of the profile, newest first, and those that only their ids lead to: a list shows which keys there are, and
 * never which there are not, for some APIs cut theirs without a word. Throws `KeysError` where the API cannot be asked.
 */
export async function keysWith(context: Context, references: readonly string[]): Promise<Key[]> {
  const backend = await context.backend();
  if (!backend.capabilities.show) return context.keys();
  const listed = await context.keys().catch((error: unknown) => asUnreadable(error));
  const keys = listed instanceof KeysError ? [] : listed;
  const { name: profile, provider } = await context.profile();
  const unlisted: Key[] = [];
  for (const reference of references) {
    if (!mayBeId(reference) || !isMissing(keys, reference)) continue;
    const key = await byId(backend, reference);
    if (key?.id === reference) unlisted.push({ ...key, provider, profile });
  }
  if (listed instanceof KeysError) {
    if (references.length === 0 || unlisted.length < references.length) throw listed;
    await context.warn(`${listed.message}; each key was asked for by its id`);
  }
  return [...keys, ...unlisted];
}

/** A list that cannot be read does not keep a key whose id is known from being revoked. */
function asUnreadable(error: unknown): KeysError {
  const codes = ['unexpected_answer', 'list_incomplete', 'list_endless', 'page_repeated', 'body_too_large'];
  if (error instanceof KeysError && codes.includes(error.failure.code)) return error;
  throw error;
}

/** Undefined where there is none; an id of another form may also be refused. */
async function byId(backend: KeyBackend, id: string): Promise<Key | undefined> {
  try {
    return await backend.get(id);
  } catch (error) {
    if (error instanceof KeysError && ['failed', 'usage', 'notFound'].includes(error.failure.exit))
      return undefined;
    throw error;
  }
}

/** A value is nothing to ask for in an address. */
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
