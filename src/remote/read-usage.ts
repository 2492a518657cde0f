import { KeysError } from '../base/errors.ts';
import type { Key } from '../keys/key.ts';
import type { UsageQuery, UsageRow } from '../keys/ports.ts';
import { namesIn } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import type { KeyWarnings } from './key-warnings.ts';
import type { LastPage } from './read-pages.ts';
import { itemsIn } from './read-pages.ts';
import { readTotal, totalsIn } from './read-total.ts';
import { requireLastPage } from './require-complete.ts';
import { remainder, UsageTotals } from './usage-totals.ts';

/*
 * Usage totals. They may be incomplete only with a warning or an error: whatever cannot be read, or is counted twice, ends
 * the command.
 */

interface Account {
  api: Api;
  usage: NonNullable<Provider['usage']>;
  listKeys: () => Promise<Key[]>;
  warnings: KeyWarnings;
}

/** Usage by key or by day, whichever of them the API groups by. Throws `KeysError`. */
export async function readUsage(account: Account, query: UsageQuery): Promise<UsageRow[]> {
  const needsEachKey =
    query.by === 'key' && query.keyId === undefined && account.usage.row.keyId === undefined;
  return needsEachKey ? usageOfEachKey(account, query) : usageIn(account, query);
}

async function usageIn({ api, usage, warnings }: Account, query: UsageQuery): Promise<UsageRow[]> {
  const totals = new UsageTotals(query.by);
  const since = query.since && startOfDay(query.since);
  const sentQuery = { ...query, ...(since && { since }) };
  const inputs = namesIn(usage);
  const seenBuckets = new Set<string>();
  let count = 0;
  let last: LastPage | undefined;
  const onEnd = (page: LastPage) => {
    last = page;
  };
  for await (const item of itemsIn(api.pages(usage, sentQuery, { onEnd }))) {
    count += 1;
    for (const part of totalsIn(item, usage, seenBuckets)) {
      const row = readTotal(part, usage.row, query, inputs);
      if (row && !isBefore(row, since)) totals.add(row);
    }
  }
  if (last) requireLastPage(usage.paging, last, { count, noun: 'totals' });
  for (const counter of totals.partial) await warnings.warnOfPartialTotals(counter);
  return totals.rows;
}

/** The API does not say which key used what, but can be asked about each key. The rest is the use of other keys. */
async function usageOfEachKey(account: Account, query: UsageQuery): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  for (const { id, name } of await account.listKeys()) {
    const [row] = await usageIn(account, { ...query, keyId: id });
    if (row) rows.push({ ...row, name });
  }
  const [whole] = await usageIn(account, query);
  const rest = remainder(whole ?? { requests: 0, tokens: 0, spentUsd: 0 }, rows);
  if (rest === null) throw notByKey();
  const totals = new UsageTotals('key');
  for (const row of rest ? [...rows, { keyId: null, ...rest }] : rows) totals.add(row);
  return totals.rows;
}

/**
 * From the counters of the keys, which are not by day. Keys are requested one by one only if the list has no counters, and
 * the API has some.
 */
export async function countedUsage(
  keys: { list(): Promise<Key[]>; get(id: string): Promise<Key | undefined> },
  { keyId }: UsageQuery,
  hasCounters: boolean,
): Promise<UsageRow[]> {
  const foundKeys = keyId === undefined ? await keys.list() : [await keys.get(keyId)];
  const totals = new UsageTotals('key');
  for (const one of foundKeys) {
    const isWhole = one?.usage !== undefined || !hasCounters || keyId !== undefined;
    const key = one && (isWhole ? one : await keys.get(one.id));
    if (!key || (key.usage === undefined && key.spentUsd === undefined)) continue;
    const { id, name, usage, spentUsd } = key;
    totals.add({ keyId: id, name, ...usage, ...(spentUsd !== undefined && { spentUsd }) });
  }
  return totals.rows;
}

function startOfDay(moment: Date): Date {
  return new Date(moment.toISOString().slice(0, 10));
}

/** For APIs that return more days than they were asked for, or cannot be asked. */
function isBefore({ date }: UsageRow, since: Date | undefined): boolean {
  return since !== undefined && date !== undefined && date < since.toISOString().slice(0, 10);
}

function notByKey(): KeysError {
  return new KeysError({
    code: 'unexpected_answer',
    message:
      'the API reports more use for its keys together than in all, so it does not tell them apart; no totals by key can be shown',
    hints: ['keys usage --by day', 'look at the traffic: --debug'],
  });
}
