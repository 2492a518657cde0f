import type { Key } from '../../lifecycle/key.ts';
import type { Terminal } from '../style.ts';
import { keyDetailView } from './key-detail.ts';

/**
 * A key that was just made. Its secret, where it is shown, is set apart by empty lines and stands alone on its line,
 * so that a double click or a selection of the line takes it whole.
 */
export function createdView(
  record: Partial<Key> & { secret?: string | undefined },
  terminal: Terminal,
): string {
  const { secret, ...key } = record;
  const detail = keyDetailView(key, terminal);
  return secret === undefined ? detail : `${detail}\n${terminal.style.bold(secret)}\n\n`;
}
