import { placeName } from '../../base/place-name.ts';
import { shown } from '../../base/sanitise.ts';
import type { Key } from '../../keys/key.ts';
import type { Summary } from '../../keys/summary.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';
import type { RecentUse } from './key-pictures.ts';
import { budgetColumn, recentUseColumn, timeLeftColumn } from './key-pictures.ts';
import * as value from './key-values.ts';
import { joinParts } from './parts.ts';

const columns: Column<Key>[] = [
  { header: 'NAME', text: value.name, rank: 0, shrinkTo: 12 },
  { header: 'ID', text: (key) => shown(key.id), rank: 0 },
  { header: 'STATUS', text: value.status, rank: 0 },
  { header: 'EXPIRES', text: value.expiry, rank: 0 },
  timeLeftColumn,
  { header: 'LAST USED', text: value.lastUse, rank: 2 },
  {
    header: 'REQUESTS',
    text: (key) => (key.usage ? value.count(key.usage.requests) : ''),
    align: 'right',
    rank: 3,
    usual: '0',
  },
  {
    header: 'SPENT',
    text: (key) => (key.spentUsd === undefined ? '' : value.dollars(key.spentUsd)),
    align: 'right',
    rank: 4,
    usual: '$0.00',
  },
  budgetColumn,
  {
    header: 'RATE',
    text: (key) => (key.rateLimitRpm ? `${key.rateLimitRpm}/min` : ''),
    align: 'right',
    rank: 5,
  },
  { header: 'MODELS', text: value.models, rank: 6, shrinkTo: 10, usual: 'all' },
  { header: 'DESCRIPTION', text: (key) => shown(key.description ?? ''), rank: 7, shrinkTo: 12 },
];

/** Where the keys are, and how many there are besides the listed ones. */
export interface ListHead {
  profile: string;
  provider: string;
  /** Of all keys; undefined if they were not counted. */
  summary: Summary | undefined;
  /** Revoked keys are left out because no status was asked for. */
  hidesRevoked: boolean;
  /** Undefined: it is not known. */
  recentUse?: RecentUse | undefined;
}

/** Where the keys are, a summary of all of them, if they were counted, and a table of the selected ones. */
export async function keyListView(keys: readonly Key[], head: ListHead, terminal: Terminal): Promise<string> {
  const { summary } = head;
  const table = await keyTable(keys, terminal, head);
  const counts = summary ? joinParts(stats(summary, terminal), terminal) : '';
  const place = [terminal.style.bold(placeName(head)), ...shownOf(keys.length, head)];
  return `${joinParts(place, terminal)}${counts}\n${table}`;
}

export async function keyTable(
  keys: readonly Key[],
  terminal: Terminal,
  { summary, recentUse }: Partial<ListHead> = {},
): Promise<string> {
  if (keys.length === 0) return `${nothing(summary)}\n`;
  return renderTable(keys, recentUse ? withRecentUse(recentUse) : columns, terminal);
}

/** `12 of 77, 5 hidden (--status all)`, unless every key is listed. */
function shownOf(count: number, { summary, hidesRevoked }: ListHead): string[] {
  if (!summary || count >= summary.all) return [];
  const isHidden = hidesRevoked && summary.revoked > 0;
  return [`${count} of ${summary.all}${isHidden ? `, ${summary.revoked} hidden (--status all)` : ''}`];
}

/** After the column that says when a key was last used. */
function withRecentUse(recentUse: RecentUse): Column<Key>[] {
  const before = columns.findIndex(({ header }) => header === 'LAST USED') + 1;
  return columns.toSpliced(before, 0, recentUseColumn(recentUse));
}

function stats(summary: Summary, { style }: Terminal): string[] {
  const counts = [
    style.green(`${summary.active} active`) +
      (summary.expiring > 0 ? style.yellow(` (${summary.expiring} expiring)`) : ''),
    `${summary.expired} expired`,
    ...(summary.disabled > 0 ? [`${summary.disabled} disabled`] : []),
    style.dim(`${summary.revoked} revoked`),
  ];
  const { requests, tokens, spentUsd } = summary;
  const use = [
    requests === undefined ? [] : value.plural(requests, 'request', value.shortCount),
    tokens === undefined ? [] : value.plural(tokens, 'token', value.shortCount),
    spentUsd === undefined ? [] : `${value.dollars(spentUsd)} spent`,
  ].flat();
  return [...counts, ...use];
}

function nothing(summary: Summary | undefined): string {
  const { active = 0, expired = 0, disabled = 0, revoked = 0 } = summary ?? {};
  const all = active + expired + disabled + revoked;
  return summary && all === 0
    ? 'No keys yet. To create one: keys create <name>'
    : 'No matching keys. To list all: keys list --status all';
}
