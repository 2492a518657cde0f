import { KeysError } from '../../base/errors.ts';
import type { LeakedValue } from '../../leaks/leaked-values.ts';
import type { Context } from '../context.ts';
import { everyProfile } from '../search.ts';
import type { Holder } from './identify.ts';

/**
 * Sends a value to the API of its key, or, if it belongs to no known key, of a profile with such values. Undefined if no
 * API could tell.
 */
export async function askWhetherItWorks(
  context: Context,
  leak: LeakedValue,
  holder: Holder | undefined,
): Promise<boolean | undefined> {
  const place = holder?.account.context ?? (await placeFor(context, leak));
  try {
    const backend = await place?.backend();
    if (!backend?.capabilities.verify) return undefined;
    const { valid, reason } = await backend.verify(leak.value);
    if (reason !== 'unreachable') return valid;
    await context.warnOnce('could not ask an API whether a key works: it was not reached');
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
    await context.warnOnce(`could not ask whether a key works: ${error.message}`);
  }
  return undefined;
}

/** Only a profile that was chosen or stored: no value goes to an API that the user does not work with. */
async function placeFor(context: Context, { format }: LeakedValue): Promise<Context | undefined> {
  for (const [, place] of await everyProfile(context)) {
    const { provider } = await place.profile();
    const isOwn = format.checksum === 'sk' && provider === 'local';
    if (isOwn || provider === format.provider) return place;
  }
  return undefined;
}
