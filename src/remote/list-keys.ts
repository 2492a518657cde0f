import { KeysError } from '../base/errors.ts';
import { TextSet } from '../base/text-set.ts';
import type { Key } from '../keys/key.ts';
import { mayBeCut } from '../keys/key.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { endsLists } from './capabilities.ts';
import type { KeyWarnings } from './key-warnings.ts';
import { readId, readKey } from './read-key.ts';
import type { LastPage } from './read-pages.ts';
import { requireComplete } from './require-complete.ts';
import type { Part } from './select.ts';
import { missing, part, select, WrongShape } from './select.ts';

/**
 * Every key of the account. A key that cannot be read is a warning, so that the others can still be revoked in a hurry.
 * Throws `KeysError` (7) if the list is incomplete, or if no key in it has an id: an empty one is a fault of the
 * key, any other one of the declaration. With the id of a key, the list is read until it has that key.
 */
export async function listKeys(
  api: Api,
  provider: Provider,
  now: Date,
  odd: KeyWarnings,
  wantedId?: string,
): Promise<Key[]> {
  try {
    return await readList(api, provider, now, odd, wantedId);
  } catch (error) {
    // A key created or revoked between two pages shifts the others: a second read may be complete.
    if (!isIncomplete(error)) throw error;
    return await readList(api, provider, now, odd, wantedId).catch((again: unknown) => {
      throw provider.show && isIncomplete(again) ? withWayOn(again) : again;
    });
  }
}

/** Commands about one key need no list if the API shows a key by its id. */
function withWayOn(error: KeysError): KeysError {
  const { hints = [] } = error.failure;
  const wayOn = 'a key whose id you know needs no list: keys show <id>, keys revoke <id>';
  return new KeysError({ ...error.failure, hints: [wayOn, ...hints], cause: error });
}

async function readList(
  api: Api,
  provider: Provider,
  now: Date,
  odd: KeyWarnings,
  wantedId: string | undefined,
): Promise<Key[]> {
  const keys: Key[] = [];
  for await (const page of keyPages(api, provider, now, odd)) {
    const wantedKey = wantedId === undefined ? undefined : page.find(({ id }) => id === wantedId);
    if (wantedKey) return [wantedKey];
    keys.push(...page);
  }
  return keys;
}

/**
 * The keys of the account, page by page, each once; their ids are added to `ids`. Throws `KeysError` as `listKeys` does, once
 * they are read.
 */
export async function* keyPages(
  api: Api,
  provider: Provider,
  now: Date,
  odd: KeyWarnings,
  ids = new TextSet(),
): AsyncGenerator<Key[]> {
  const { list, key: fields } = provider;
  const withoutId: WrongShape[] = [];
  let count = 0;
  let hasEmptyId = false;
  let last: LastPage | undefined;
  const onEnd = (page: LastPage) => {
    last = page;
  };
  for await (const items of api.pages(list, {}, { idOf: (item) => idOf(item, fields), ids, onEnd })) {
    const keys: Key[] = [];
    for (const item of items) {
      try {
        const { key, unreadable } = readKey(item, fields, now);
        keys.push(key);
        for (const one of unreadable) await odd.warnOf(one, key.id);
      } catch (error) {
        if (!(error instanceof WrongShape)) throw error;
        withoutId.push(error);
        hasEmptyId ||= [null, ''].includes(select(item, fields.id)?.value as null);
      }
    }
    count += keys.length;
    yield keys;
  }
  if (count === 0 && !hasEmptyId && withoutId[0]) throw withoutId[0];
  if (last) requireComplete(list.paging, last, count + withoutId.length);
  for (const error of withoutId) await odd.warnOf(error);
  await warnIfCut(provider, count, odd);
}

async function warnIfCut(provider: Provider, length: number, warnings: KeyWarnings): Promise<void> {
  const api = { capabilities: { endsLists: endsLists(provider) } };
  if (mayBeCut({ length }, api)) await warnings.warnOfShortList(length);
}

function idOf(item: Part, fields: Provider['key']): string | undefined {
  try {
    return readId(item, fields);
  } catch {
    return undefined;
  }
}

export function isIncomplete(error: unknown): error is KeysError {
  return error instanceof KeysError && error.failure.code === 'list_incomplete';
}

/** The key of an API that has one; undefined if there is none. */
export async function singleKey(api: Api, { list }: Provider): Promise<Part | undefined> {
  const response = await api.send(list, {});
  if (response.status === 404) return undefined;
  const answer = part(response.json());
  const keyPart = select(answer, list.items);
  // Only a key or null says whether there is one.
  if (!keyPart) throw missing(answer, `key at ${[list.items].flat().join(' or ')}`);
  return keyPart.value === null ? undefined : keyPart;
}
