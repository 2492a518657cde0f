import type { Key } from '../../src/lifecycle/key.ts';
import type { KeyBackend } from '../../src/lifecycle/ports.ts';
import type { Secret } from '../../src/secret.ts';

/** A key as the API's own rotation makes it, with an hour in which the old one works too. */
export async function renewed(
  backend: KeyBackend,
  old: Key,
  expiresAt: Date | null,
): Promise<{ key: Key; secret: Secret }> {
  if (!backend.rotate) throw new Error('this API has no rotation of its own');
  return backend.rotate(old, { graceSeconds: 3600, ...(expiresAt && { expiresAt }) });
}
