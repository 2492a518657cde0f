import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from '../keys/key.ts';
import { changeAnswer, isActive } from '../keys/key.ts';
import type { Provider } from '../providers/declaration/provider.ts';

/**
 * Throws `KeysError` if the API still shows a key as it was, although the declaration says how a disabled key looks: the
 * call that was to disable or enable it had no effect, whatever its answer was.
 */
export function requireToggled(
  { key: { status = [] } }: Pick<Provider, 'key'>,
  key: Key,
  disabled: boolean,
): void {
  const isShown = status.some((rule) =>
    ('means' in rule ? [rule.means] : Object.values(rule.words)).includes('disabled'),
  );
  if (!isShown || (disabled ? !isActive(key) : key.status !== 'disabled')) return;
  const answerText = key[changeAnswer];
  const reason = answerText === undefined ? '' : `; it answered: ${answerText}`;
  throw new KeysError({
    code: 'rejected',
    message: `the API accepted the call, but still reports the key ${key.id} as ${key.status}${reason}`,
    hints: [`keys show ${shellWord(key.id)}`],
  });
}
