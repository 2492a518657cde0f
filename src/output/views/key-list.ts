import type { Key } from '../../lifecycle/key.ts';
import type { Summary } from '../../lifecycle/summary.ts';
import { visible } from '../sanitise.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';
import * as value from './key-values.ts';

const columns: Column<Key>[] = [
  { header: 'NAME', text: value.name, rank: 0, shrinkTo: 12 },
  { header: 'ID', text: (key) => visible(key.id), rank: 0 },
  { header: 'STATUS', text: value.status, rank: 0 },
  { header: 'EXPIRES', text: value.expiry, rank: 1 },
  { header: 'LAST USED', text: value.lastUse, rank: 2 },
  {
    header: 'REQUESTS',
    text: (key) => (key.usage ? value.count(key.usage.requests) : ''),
    align: 'right',
    rank: 3,
  },
  {
    header: 'SPENT',
    text: (key) => (key.spentUsd === undefined ? '' : value.dollars(key.spentUsd)),
    align: 'right',
    rank: 4,
  },
  {
    header: 'RATE',
    text: (key) => (key.rateLimitRpm ? `${key.rateLimitRpm}/min` : ''),
    align: 'right',
    rank: 5,
  },
  { header: 'MODELS', text: value.models, rank: 6, shrinkTo: 10 },
  { header: 'DESCRIPTION', text: (key) => visible(key.description ?? ''), rank: 7, shrinkTo: 12 },
];

/** The stat line of all keys, and a table of those chosen. */
export function keyListView(keys: readonly Key[], summary: Summary, terminal: Terminal): string {
  const table = keys.length > 0 ? renderTable(keys, columns, terminal) : `${nothing(summary)}\n`;
  return `${statLine(summary, terminal)}\n\n${table}`;
}

function statLine(summary: Summary, { style }: Terminal): string {
  const dot = style.dim(' · ');
  const standing = [
    style.green(`${summary.active} active`) +
      (summary.expiring > 0 ? style.yellow(` (${summary.expiring} expiring)`) : ''),
    `${summary.expired} expired`,
    ...(summary.disabled > 0 ? [`${summary.disabled} disabled`] : []),
    style.dim(`${summary.revoked} revoked`),
  ];
  const use = [
    `${value.shortCount(summary.requests)} requests`,
    `${value.shortCount(summary.tokens)} tokens`,
    `${value.dollars(summary.spentUsd)} spent`,
  ];
  return [...standing, ...use].join(dot);
}

function nothing(summary: Summary): string {
  const { active, expired, disabled, revoked } = summary;
  const all = active + expired + disabled + revoked;
  return all === 0
    ? 'No keys yet: keys create <name> --expires 90d'
    : 'No key matches: keys list --status all';
}
