import { shellWord } from '../../base/shell-word.ts';
import type { LeakedValue } from '../../leaks/leaked-values.ts';
import type { Provider } from '../../providers/declaration/provider.ts';
import type { Holder } from './identify.ts';

/** The command that replaces a key, or ends it if it has been replaced; null if it has ended. */
export function fixForKey({ key, account: { profile, backend } }: Holder, current: string): string | null {
  const { id, name, status, superseded } = key;
  if (status === 'revoked' || status === 'expired') return null;
  const flag = profile === current ? '' : ` --profile ${shellWord(profile)}`;
  const { create, revoke } = backend.capabilities;
  const isCurrent = status !== 'disabled' && !superseded && name !== '' && !name.startsWith('-');
  if (create && isCurrent) return `keys rotate ${shellWord(name)} --grace 0${flag}`;
  return revoke ? `keys revoke ${shellWord(id)}${flag}` : `keys open${flag}`;
}

/** What to do about a value that belongs to no key of the accounts: it may be one of another account. */
export function fixForUnknown({ format, ownId }: LeakedValue, providers: readonly Provider[]): string {
  if (format.checksum === 'ses') return `keys session revoke ${ownId}`;
  const hasPage = providers.some(({ id, page }) => id === format.provider && page?.keys !== undefined);
  return `keys ${hasPage ? 'open' : 'login'} --provider ${format.provider}`;
}
