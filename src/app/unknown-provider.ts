import type { KeysError } from '../base/errors.ts';
import { usageError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { allProviders } from '../providers/catalog.ts';

/** The error for a provider that does not exist: names the one that may have been meant. */
export async function unknownProvider(id: string, folder: string): Promise<KeysError> {
  const ids = (await allProviders(folder, async () => {})).map((provider) => provider.id);
  return usageError(`there is no provider '${id}'${didYouMean(id, ['local', ...ids])}`, 'keys provider list');
}
