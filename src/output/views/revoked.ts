import { shown } from '../../base/sanitise.ts';
import type { RevocationRecord } from '../../keys/operations/revoke.ts';
import type { Terminal } from '../style.ts';

/** A line per key on what became of it. */
export function revokedView(records: readonly RevocationRecord[], { style }: Terminal): string {
  return records
    .map(({ id, name, revoked, changed, dryRun }) => {
      const key = `${shown(name)} ${style.dim(shown(id))}`;
      if (revoked && !changed) return `${key} was already revoked\n`;
      return dryRun ? `${key} would be revoked\n` : `${style.red('revoked')} ${key}\n`;
    })
    .join('');
}
