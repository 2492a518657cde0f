import { Pages } from '../base/pages.ts';
import type { Key } from '../keys/key.ts';
import type { Selection } from '../keys/select.ts';
import { selectKeys } from '../keys/select.ts';
import type { Summary } from '../keys/summary.ts';
import { summarise } from '../keys/summary.ts';
import type { Context } from './context.ts';
import { placedPages } from './lookup.ts';

export interface SelectedKeys {
  /** In order; read on demand where the backend can. */
  rows: readonly Key[] | AsyncIterable<Key>;
  /**
   * Of all keys: beside a limited list without their usage, or undefined if the limit ended it before all were read.
   * `rowCount`: how many were selected.
   */
  summary(rowCount: number): Promise<Summary | undefined>;
}

/** The selected keys of the profile. */
export async function listSelected(context: Context, selection: Selection): Promise<SelectedKeys> {
  const backend = await context.backend();
  const { now } = context;
  // A table says how many keys there are in all: without a limit, every page is read for it anyway.
  const needsAll = context.isHumanOutput && selection.limit === undefined && !backend.summary;
  const selected = needsAll ? undefined : backend.select?.(selection, now);
  if (!selected) {
    const keys = await context.keys();
    return { rows: selectKeys(keys, selection, now), summary: async () => summarise(keys) };
  }
  return {
    rows: new Pages(placedPages(context, selected)),
    async summary(rowCount) {
      if (backend.summary) return backend.summary(now, selection.limit === undefined);
      return rowCount > 0 ? undefined : summarise(await context.keys());
    },
  };
}
