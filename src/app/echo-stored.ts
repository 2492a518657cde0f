import type { Key } from '../keys/key.ts';
import type { KeyBackend, KeyChanges, KeySpec } from '../keys/ports.ts';
import type { Requested } from '../keys/requested.ts';
import { requestedIn, storedDifferences } from '../keys/requested.ts';
import type { Context } from './context.ts';
import { tell } from './tell.ts';

/**
 * Notes when a key expires and warns of each field that the API did not store as requested. Returns the same for the
 * record of the key.
 */
export async function echoStored(
  context: Context,
  backend: KeyBackend,
  request: Partial<KeySpec> | KeyChanges,
  key: Key,
  isChange = false,
): Promise<Requested> {
  const differences = await storedDifferences(backend, request, key, isChange);
  const { storedMessages } = await import('../output/views/stored.ts');
  await tell(context, storedMessages(key, differences, context));
  return requestedIn(differences);
}
