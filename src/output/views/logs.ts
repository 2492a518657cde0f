import { shown } from '../../base/sanitise.ts';
import { absoluteTime } from '../../base/time.ts';
import type { LogEntry } from '../../keys/ports.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';
import { count, dollars } from './key-values.ts';
import { logChart } from './log-chart.ts';

const logColumns: Column<NamedEntry>[] = [
  { header: 'TIME', text: (entry) => absoluteTime(entry.timestamp), rank: 0 },
  { header: 'STATUS', text: statusCode, rank: 0 },
  { header: 'METHOD', text: (entry) => shown(entry.method), rank: 0 },
  { header: 'PATH', text: (entry) => shown(entry.path), rank: 0, shrinkTo: 12 },
  { header: 'KEY', text: keyOf, rank: 1, shrinkTo: 12 },
  { header: 'MODEL', text: (entry) => shown(entry.model ?? ''), rank: 2, shrinkTo: 10 },
  { header: 'TOKENS', text: (entry) => (entry.tokens ? count(entry.tokens) : ''), align: 'right', rank: 3 },
  { header: 'COST', text: (entry) => (entry.costUsd ? dollars(entry.costUsd) : ''), align: 'right', rank: 4 },
  { header: 'IP', text: (entry) => shown(entry.ip ?? ''), rank: 5 },
];

function statusCode({ statusCode: code }: LogEntry, { style }: Terminal): string {
  if (code === undefined) return '';
  const paint = code >= 500 ? style.red : code >= 400 ? style.yellow : style.green;
  return paint(String(code));
}

/** `names` are those of keys by their id. */
export async function logView(
  entries: readonly LogEntry[],
  terminal: Terminal,
  names: ReadonlyMap<string, string>,
): Promise<string> {
  if (entries.length === 0) return 'no requests recorded\n';
  const rows = entries.map((entry) => withName(entry, names));
  return `${logChart(entries, terminal)}${await renderTable(rows, logColumns, terminal)}`;
}

/** An entry with the name of its key, if that is known. */
type NamedEntry = LogEntry & { name?: string | undefined };

function withName(entry: LogEntry, names: ReadonlyMap<string, string>): NamedEntry {
  return { ...entry, name: names.get(entry.keyId ?? '') };
}

/** A name may belong to several keys, one after the other: the id tells which. */
function keyOf({ name, keyId }: NamedEntry): string {
  return [name, keyId].flatMap((part) => (part ? shown(part) : [])).join(' ');
}

/** A single entry of --follow: later entries are unknown, so there are no columns to align. */
export function logLine(entry: LogEntry, terminal: Terminal, names: ReadonlyMap<string, string>): string {
  const parts = [
    absoluteTime(entry.timestamp),
    statusCode(entry, terminal),
    entry.method,
    entry.path,
    keyOf(withName(entry, names)),
  ];
  return `${parts.map((part, index) => (index === 1 ? part : shown(part ?? ''))).join('  ')}\n`;
}
