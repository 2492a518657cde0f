import { join } from 'node:path';
import { Authority } from '../../src/authority/authority.ts';
import type { Use } from '../../src/authority/use.ts';
import type { KeySpec } from '../../src/keys/ports.ts';
import { spec } from './authority.ts';
import type { Sandbox } from './sandbox.ts';

/** The authority of a sandbox, at this moment. */
export function authorityOf(box: Sandbox, now: Date): Authority {
  return new Authority({ path: join(box.home, 'data', 'authority.db'), now: () => now, timeoutMs: 5000 });
}

/** Creates a key at this moment, without a sink for its secret, and returns its id. */
export async function seedKey(box: Sandbox, now: Date, fields: Partial<KeySpec> = {}): Promise<string> {
  const authority = authorityOf(box, now);
  const { key } = await authority.create(spec({ permissions: ['read'], ...fields }));
  authority.close();
  return key.id;
}

/** Records one use of a key at this moment. */
export function seedUse(box: Sandbox, now: Date, keyId: string, use: Partial<Use> = {}): void {
  const authority = authorityOf(box, now);
  const defaults = {
    method: 'POST',
    path: '/v1/chat/completions',
    statusCode: 200,
    requests: 1,
    tokens: 0,
    costUsd: 0,
  };
  authority.record({ ...defaults, keyId, ...use });
  authority.close();
}
