import { shown } from '../../base/sanitise.ts';
import type { Terminal } from '../style.ts';

/** What became of a key that was to be revoked. */
export interface Revoked {
  id: string;
  name: string;
  revoked: boolean;
  changed: boolean;
  dryRun?: true;
}

/** A line per key on what became of it. */
export function revokedView(records: readonly Revoked[], { style }: Terminal): string {
  return records
    .map(({ id, name, revoked, changed, dryRun }) => {
      const key = `${shown(name)} ${style.dim(shown(id))}`;
      if (revoked && !changed) return `${key} was revoked before\n`;
      return dryRun ? `${key} would be revoked\n` : `${style.red('revoked')} ${key}\n`;
    })
    .join('');
}
