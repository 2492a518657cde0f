import { expect, test } from 'vitest';
import { openSqliteService } from '../../src/authority/sqlite/sqlite-service.ts';
import { decisionOf, spec, testAuthority } from '../support/authority.ts';
import { fileTest } from '../support/stores.ts';

async function limited(rateLimitRpm: number) {
  const { authority, gate, clock, path } = await testAuthority();
  const { key, secret } = await authority.create(spec({ rateLimitRpm }));
  return {
    authority,
    gate,
    clock,
    path,
    key,
    value: secret.reveal(),
    ask: () => decisionOf(gate, { key: secret.reveal() }),
  };
}

test('each use reserves a slot and reports how many are left', async () => {
  const { key, ask } = await limited(2);
  const admitted = {
    allowed: true,
    keyId: key.id,
    keyName: 'ci',
    models: null,
    limit: 2,
    budgetLeftUsd: null,
  };
  expect(await ask()).toEqual({ ...admitted, rateLimit: { limit: 2, remaining: 1, resetSeconds: 60 } });
  expect(await ask()).toEqual({ ...admitted, rateLimit: { limit: 2, remaining: 0, resetSeconds: 60 } });
});

test('without a free slot, reports in how many seconds the oldest becomes free', async () => {
  const { clock, key, ask } = await limited(2);
  await ask();
  clock.advance(20_500);
  await ask();
  expect(await ask()).toEqual({
    allowed: false,
    status: 429,
    code: 'RATE_LIMITED',
    message: 'The rate limit of the API key is reached',
    details: { key_id: key.id, limit_rpm: 2 },
    keyId: key.id,
    rateLimit: { limit: 2, remaining: 0, resetSeconds: 40 },
  });
});

test('a caller is admitted after the reported wait, and refused one millisecond before the slot is free', async () => {
  const { clock, ask } = await limited(1);
  await ask();
  clock.advance(59_999);
  expect(await ask()).toMatchObject({ status: 429, rateLimit: { resetSeconds: 1 } });
  clock.advance(1);
  expect((await ask()).allowed).toBe(true);
});

test('the window slides with every use and never restarts', async () => {
  const { clock, ask } = await limited(2);
  const allowed: number[] = [];
  for (let second = 0; second <= 120; second += 10) {
    if ((await ask()).allowed) allowed.push(second);
    clock.advance(10_000);
  }
  expect(allowed).toEqual([0, 10, 60, 70, 120]);
});

test('no minute has more uses than the limit', async () => {
  const { clock, ask } = await limited(5);
  const times: number[] = [];
  for (let attempt = 0; attempt < 300; attempt++) {
    if ((await ask()).allowed) times.push(clock.now().getTime());
    clock.advance(((attempt * 7919) % 4000) + 1);
  }
  expect(times.length).toBeGreaterThan(40);
  for (const [at, time] of times.entries())
    expect(time - (times[at - 5] ?? 0)).toBeGreaterThanOrEqual(60_000);
});

test('a refused use reserves no slot', async () => {
  const { clock, ask } = await limited(1);
  await ask();
  clock.advance(30_000);
  for (let attempt = 0; attempt < 10; attempt++) expect((await ask()).allowed).toBe(false);
  clock.advance(30_000);
  expect((await ask()).allowed).toBe(true);
});

test('keys do not share slots', async () => {
  const { authority, gate, ask } = await limited(1);
  const other = await authority.create(spec({ rateLimitRpm: 1 }));
  await ask();
  expect((await decisionOf(gate, { key: other.secret.reveal() })).allowed).toBe(true);
});

fileTest('all connections to the file share the slots', async () => {
  const { clock, path, value, ask } = await limited(1);
  const other = openSqliteService({ path, timeoutMs: 1000 }, clock.now);
  try {
    expect((await decisionOf(other.gate, { key: value })).allowed).toBe(true);
    expect(await ask()).toMatchObject({ status: 429 });
  } finally {
    await other.close();
  }
});
