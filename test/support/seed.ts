import { join } from 'node:path';
import type { Authority } from '../../src/authority/authority.ts';
import { openSqliteAuthority } from '../../src/authority/sqlite/sqlite-authority.ts';
import { openSqliteService } from '../../src/authority/sqlite/sqlite-service.ts';
import type { FileSettings } from '../../src/authority/store/store.ts';
import type { Use } from '../../src/authority/use.ts';
import type { KeySpec } from '../../src/keys/ports.ts';
import { recordUse, spec, use } from './authority.ts';
import type { Sandbox } from './sandbox.ts';

/** The authority of a sandbox, at this moment. */
export function authorityOf(box: Sandbox, now: Date): Authority {
  return openSqliteAuthority(settingsOf(box), () => now);
}

/** Creates a key at this moment, without a sink for its secret, and returns its id. */
export async function seedKey(box: Sandbox, now: Date, fields: Partial<KeySpec> = {}): Promise<string> {
  const authority = authorityOf(box, now);
  const { key } = await authority.create(spec({ permissions: ['read'], ...fields }));
  await authority.close();
  return key.id;
}

/** Records one use of a key at this moment. */
export async function seedUse(
  box: Sandbox,
  now: Date,
  keyId: string,
  fields: Partial<Use> = {},
): Promise<void> {
  const authority = openSqliteService(settingsOf(box), () => now);
  await recordUse(authority.gate, use({ keyId, path: '/v1/chat/completions', ...fields }));
  await authority.close();
}

function settingsOf(box: Sandbox): FileSettings {
  return { path: join(box.home, 'data', 'authority.db'), timeoutMs: 5000 };
}
