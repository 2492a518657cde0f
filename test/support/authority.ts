import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import type { AccessRequest, Organisation } from '../../src/authority/decision.ts';
import type { Kind } from '../../src/authority/key-format.ts';
import type { Use } from '../../src/authority/use.ts';
import type { KeySpec } from '../../src/keys/ports.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The spec of a key without limits. */
export function spec(fields: Partial<KeySpec> = {}): KeySpec {
  return {
    name: 'ci',
    description: null,
    expiresAt: null,
    permissions: [],
    rateLimitRpm: null,
    budgetUsd: null,
    models: [],
    labels: {},
    ...fields,
  };
}

/** A successful use at no cost. */
export function use(fields: Partial<Use> = {}): Use {
  return {
    keyId: '',
    method: 'POST',
    path: '/v1/chat',
    statusCode: 200,
    requests: 1,
    tokens: 0,
    costUsd: 0,
    ...fields,
  };
}

export interface Clock {
  set(time: string): void;
  advance(milliseconds: number): void;
  now: () => Date;
}

export function clockAt(start: string): Clock {
  let time = Date.parse(start);
  return {
    set: (text) => {
      time = Date.parse(text);
    },
    advance: (milliseconds) => {
      time += milliseconds;
    },
    now: () => new Date(time),
  };
}

/** An authority in the test's own file, with a clock that the test controls. */
export function testAuthority(organisation: Organisation = {}): {
  authority: Authority;
  clock: Clock;
  path: string;
} {
  const path = join(temporaryFolder(), 'data', 'authority.db');
  const clock = clockAt('2026-11-20T12:00:00.000Z');
  const authority = new Authority({ path, now: clock.now, timeoutMs: 1000, organisation });
  onTestFinished(() => authority.close());
  return { authority, clock, path };
}

/** A key or a session token with this id and a valid checksum that no authority has issued. */
export function forgedKey(id: string, kind: Kind = 'sk'): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const body = `${kind}_${id}_${'EXAMPLE'.padStart(43, '0')}`;
  let checksum = '';
  for (let rest = crc32(body); checksum.length < 6; rest = Math.floor(rest / 62)) {
    checksum = digits.charAt(rest % 62) + checksum;
  }
  return `${body}_${checksum}`;
}

/** An authority with one key, and a function to authorize its use. */
export async function issue(fields: Partial<KeySpec> = {}, organisation: Organisation = {}) {
  const { authority, clock } = testAuthority(organisation);
  const { key, secret } = await authority.create(spec(fields));
  const ask = (request: Partial<AccessRequest> = {}) =>
    authority.authorize({ key: secret.reveal(), ...request });
  const spend = (costUsd: number) => authority.record(use({ keyId: key.id, costUsd }));
  return { authority, clock, key, value: secret.reveal(), ask, spend };
}
