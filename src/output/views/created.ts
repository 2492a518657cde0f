import type { Key } from '../../keys/key.ts';
import type { Terminal } from '../style.ts';
import { keyDetailView } from './key-detail.ts';
import { secretView } from './secret.ts';

/** A key that was just created; its secret, if it is shown, is set apart. */
export function createdView(
  record: Partial<Key> & { secret?: string | undefined },
  terminal: Terminal,
): string {
  const { secret, ...key } = record;
  const detail = keyDetailView(key, terminal);
  return secret === undefined
    ? detail
    : `${detail}${secretView(secret, 'secret, shown only once', terminal)}`;
}
