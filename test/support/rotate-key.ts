import type { Secret } from '../../src/base/secret.ts';
import type { Key } from '../../src/keys/key.ts';
import { identifyNew } from '../../src/keys/operations/identify.ts';
import type { KeyBackend } from '../../src/keys/ports.ts';

/** A key created by the API's own rotation; the old one keeps working for an hour. */
export async function rotateKey(
  backend: KeyBackend,
  old: Key,
  expiresAt: Date | null,
): Promise<{ key: Key; secret: Secret }> {
  if (!backend.rotateInPlace) throw new Error('this API has no rotation of its own');
  const { key, secret } = await backend.rotateInPlace(old, {
    graceSeconds: 3600,
    ...(expiresAt && { expiresAt }),
  });
  const { reports, maxKeys } = backend.capabilities;
  const before = {
    keys: [old],
    nameless: !reports.includes('name'),
    single: maxKeys === 1,
    renewed: old,
  };
  return { key: key ?? (await identifyNew(backend, { name: old.name, secret }, before)).key, secret };
}
