import { crc32 } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { Authority } from '../../src/authority/authority.ts';
import type { AccessRequest, Decision, Organisation } from '../../src/authority/decision.ts';
import type { Kind } from '../../src/authority/key-format.ts';
import type { UseGate } from '../../src/authority/store/use-gate.ts';
import type { Use } from '../../src/authority/use.ts';
import type { KeySpec } from '../../src/keys/ports.ts';
import { openTestStore } from './stores.ts';

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

export interface TestAuthority {
  authority: Authority;
  gate: UseGate;
  clock: Clock;
  /** The database file. */
  path: string;
}

/** An authority in a store of the test's own, with a clock that the test controls. */
export async function testAuthority(organisation: Organisation = {}): Promise<TestAuthority> {
  const clock = clockAt('2026-11-20T12:00:00.000Z');
  const { path, store, gate } = await openTestStore(clock.now, organisation);
  const authority = new Authority({ store, now: clock.now, organisation });
  onTestFinished(async () => {
    await gate.close();
    await authority.close();
  });
  return { authority, gate, clock, path };
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

/** An authority with one key, and functions to use it. */
export async function issue(fields: Partial<KeySpec> = {}, organisation: Organisation = {}) {
  const made = await testAuthority(organisation);
  const { authority, gate } = made;
  const { key, secret } = await authority.create(spec(fields));
  const ask = (request: Partial<AccessRequest> = {}) =>
    decisionOf(gate, { key: secret.reveal(), ...request });
  const spend = (costUsd: number) => recordUse(gate, use({ keyId: key.id, costUsd }));
  return { ...made, key, value: secret.reveal(), ask, spend };
}

/** Decides on one use of a key. */
export async function decisionOf(gate: UseGate, request: AccessRequest): Promise<Decision> {
  const [decision] = await gate.authorize([request]);
  if (!decision) throw new Error('there is no decision');
  return decision;
}

/** Meters one use of a key. Throws why the database rejects it. */
export async function recordUse(gate: UseGate, one: Use): Promise<void> {
  const [lost] = await gate.record([one]);
  if (lost) throw lost.reason;
}
