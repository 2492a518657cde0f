import { visible } from '../sanitise.ts';
import type { Terminal } from '../style.ts';

/** One line on what became of a key that was to be revoked. */
export function revokedView(
  record: { id: string; name: string; revoked: boolean; changed: boolean; dryRun?: true },
  { style }: Terminal,
): string {
  const key = `${visible(record.name)} ${style.dim(visible(record.id))}`;
  if (record.revoked && !record.changed) return `${key} was revoked before\n`;
  return record.dryRun ? `${key} would be revoked\n` : `${style.red('revoked')} ${key}\n`;
}
