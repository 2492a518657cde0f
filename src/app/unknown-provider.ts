import type { KeysError } from '../base/errors.ts';
import { usageError } from '../base/errors.ts';
import { allProviders } from '../providers/catalog.ts';

/** The error for a provider that does not exist: names the one that may have been meant. */
export async function unknownProvider(id: string, folder: string): Promise<KeysError> {
  const { nearest } = await import('../providers/declaration/nearest.ts');
  const ids = (await allProviders(folder, async () => {})).map((provider) => provider.id);
  const near = nearest(id, ['local', ...ids]);
  return usageError(
    `there is no provider '${id}'${near === undefined ? '' : ` (did you mean ${near}?)`}`,
    'keys provider list',
  );
}
