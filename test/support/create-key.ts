import type { Secret } from '../../src/base/secret.ts';
import type { Key } from '../../src/keys/key.ts';
import { identifyNew } from '../../src/keys/operations/identify.ts';
import type { KeyBackend, KeySpec } from '../../src/keys/ports.ts';

/** A new key and its secret; the key is looked up if the response does not identify it. */
export async function createKey(backend: KeyBackend, spec: KeySpec): Promise<{ key: Key; secret: Secret }> {
  const { key, secret } = await backend.create(spec);
  const nameless = !backend.capabilities.reports.includes('name');
  const issued = { name: spec.name, secret };
  return { key: key ?? (await identifyNew(backend, issued, { keys: [], nameless })).key, secret };
}
