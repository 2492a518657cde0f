import { shown } from '../../base/sanitise.ts';
import type { Leak } from '../../keys/leak.ts';
import type { Terminal } from '../style.ts';
import type { Column } from '../table.ts';
import { renderTable } from '../table.ts';

const columns: Column<Leak>[] = [
  { header: 'PLACE', text: ({ file, line, column }) => `${shown(file)}:${line}:${column}`, rank: 0 },
  { header: 'KEY', text: keyText, rank: 0 },
  { header: 'VALUE', text: ({ masked }) => shown(masked), rank: 1 },
  { header: 'MATCH', text: ({ match }) => match, rank: 2 },
  { header: 'STATUS', text: ({ status }) => status, rank: 1 },
];

function keyText({ name, keyId, provider }: Leak): string {
  if (keyId === null) return `unknown key of ${shown(provider)}`;
  return shown(name || keyId);
}

export async function leakListView(
  findings: readonly Leak[],
  scanned: { files: number; bytes: number },
  terminal: Terminal,
): Promise<string> {
  const summary = `${findings.length} findings in ${scanned.files} files`;
  if (findings.length === 0) return `${summary}\n`;
  return `${await renderTable(findings, columns, terminal)}\n${summary}\n`;
}
