import { shown } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Match } from '../../keys/match.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';
import * as value from './key-values.ts';

const columns: Column<Match>[] = [
  { header: 'MATCH', text: ({ match }) => match, rank: 0 },
  { header: 'NAME', text: value.name, rank: 0, shrinkTo: 12 },
  { header: 'ID', text: ({ id }) => shown(id), rank: 0 },
  { header: 'STATUS', text: value.status, rank: 0 },
  { header: 'PROFILE', text: ({ profile }) => shown(profile ?? ''), rank: 1 },
  { header: 'LAST USED', text: value.lastUse, rank: 2 },
  { header: 'DESCRIPTION', text: ({ description }) => shown(description ?? ''), rank: 3, shrinkTo: 12 },
];

/** The keys that a secret may belong to, and how to revoke the first one that still works. */
export async function matchListView(
  matches: readonly Match[],
  current: string,
  terminal: Terminal,
): Promise<string> {
  const table = await renderTable(matches, columns, terminal);
  const live = matches.find(({ status }) => status !== 'revoked');
  if (!live) return `${table}\n${terminal.style.dim('already revoked')}\n`;
  const { id, profile = current } = live;
  const place = profile === current ? '' : ` --profile ${shellWord(profile)}`;
  return `${table}\nif it has leaked: ${terminal.style.bold(shown(`keys revoke ${shellWord(id)}${place}`))}\n`;
}
