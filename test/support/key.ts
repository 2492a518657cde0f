import type { Key } from '../../src/keys/key.ts';

/** An active key with these fields. */
export function key(fields: Partial<Key> = {}): Key {
  return { id: 'aaaa0001', name: 'ci', status: 'active', createdAt: '2026-11-01T00:00:00.000Z', ...fields };
}
