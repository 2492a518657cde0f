import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Replaced } from '../operations/operation.ts';
import type { KeyBackend } from '../ports.ts';

/** Whether the new key is shown to work before it is delivered. */
export function isVerified({ capabilities }: KeyBackend, { unverified }: Replaced): boolean {
  return capabilities.verify && !unverified;
}

/**
 * Makes sure that the new key works before a sink gets it in place of a key that does. Throws `KeysError`
 * (`new_key_refused`) if the API does not accept it. Limits do not make a key invalid.
 */
export async function verifyNewKey(backend: KeyBackend, replaces: Replaced, secret: Secret): Promise<void> {
  if (!isVerified(backend, replaces)) return;
  const { valid, reason, httpStatus } = await backend.verify(secret);
  if (valid) return;
  throw new KeysError({
    code: 'new_key_refused',
    message: `the API does not accept the new key (${reason})`,
    ...(httpStatus !== null && { httpStatus }),
  });
}
