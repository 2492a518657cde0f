import type { Key } from '../keys/key.ts';
import type { Selection } from '../keys/select.ts';
import { selectKeys } from '../keys/select.ts';
import type { Summary } from '../keys/summary.ts';
import { summarise } from '../keys/summary.ts';
import type { Context } from './context.ts';
import { placer } from './lookup.ts';

export interface SelectedKeys {
  /** In order; read on demand where the backend can. */
  rows: readonly Key[] | AsyncIterable<Key>;
  /** Of all keys. */
  summary(): Promise<Summary>;
}

/** The selected keys of the profile. */
export async function listSelected(context: Context, selection: Selection): Promise<SelectedKeys> {
  const backend = await context.backend();
  const { now } = context;
  const selected = backend.select?.(selection, now);
  if (selected) {
    const summary = async () => (await backend.summary?.(now)) ?? summarise(await context.keys());
    return { rows: mapped(selected, await placer(context)), summary };
  }
  const keys = await context.keys();
  return { rows: selectKeys(keys, selection, now), summary: async () => summarise(keys) };
}

async function* mapped(keys: AsyncIterable<Key>, change: (key: Key) => Key): AsyncGenerator<Key> {
  for await (const key of keys) yield change(key);
}
