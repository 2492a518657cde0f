import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from './key.ts';
import { isActive } from './key.ts';
import type { Capabilities } from './ports.ts';

/**
 * Refuses a new key if the account already has as many as the API allows (exit 6): some APIs would refuse it, others would
 * replace a key that works. Names the keys that use up the limit, and revokes none of them.
 */
export function requireCapacity(
  provider: string,
  { maxKeys, overlap }: Capabilities,
  keys: readonly Key[],
): void {
  if (maxKeys === null || keys.length < maxKeys) return;
  const live = keys.filter(isActive);
  if (live.length < maxKeys) return;
  const ids = live.map(({ id }) => id);
  throw new KeysError({
    code: 'key_limit',
    message: `the provider ${provider} allows ${maxKeys} active ${maxKeys === 1 ? 'key' : 'keys'}, already used by ${ids.join(', ')}`,
    hints: [
      `keys revoke ${shellWord(ids[0] ?? '')}`,
      ...(overlap === 'none'
        ? ['or add --allow-downtime: the old key may stop working before the new one is delivered']
        : []),
    ],
  });
}
