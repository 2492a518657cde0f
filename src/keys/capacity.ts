import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from './key.ts';
import type { Capabilities } from './ports.ts';

/**
 * Refuses a new key where the account already has as many as the API allows (exit 6): some APIs would refuse, others
 * would give up one that works. It names the keys that stand in the way and ends none of them.
 */
export function requireCapacity(
  provider: string,
  { maxKeys, overlap }: Capabilities,
  live: readonly Key[],
): void {
  if (maxKeys === null || live.length < maxKeys) return;
  const ids = live.map(({ id }) => id);
  throw new KeysError({
    code: 'key_limit',
    message: `the provider ${provider} has room for ${maxKeys} live ${maxKeys === 1 ? 'key' : 'keys'}, and there is ${ids.join(', ')}`,
    hints: [
      `keys revoke ${shellWord(ids[0] ?? '')}`,
      ...(overlap === 'none'
        ? ['or add --allow-downtime: the old key may die before the new one is in place']
        : []),
    ],
  });
}
