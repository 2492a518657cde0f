import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* How often a rotation calls the API. A fleet of a thousand keys makes each of these calls a thousand times. */

/** The calls of a rotation of all of these keys, the first list aside, with how many of each there were. */
async function callsOfFleet(count: number, grace: string): Promise<Record<string, number>> {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  for (let number = 0; number < count; number += 1) server.add(`service-${number}`);
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const rotation = [
    'rotate',
    '--all',
    '--yes',
    '--grace',
    grace,
    '--to',
    'exec:tee {name}',
    '--json',
    'changed',
  ];
  for (let number = 0; number < count; number += 1) box.expectSecretIn(`service-${number}`);
  const { exit, stderr } = await box.keys(rotation, { env });
  expect(exit, stderr).toBe(0);
  const counts: Record<string, number> = {};
  for (const request of server.requests.slice(1)) {
    const call = request.replace(/\/hash.*/, '/ID');
    counts[call] = (counts[call] ?? 0) + 1;
  }
  return counts;
}

async function callsOf(grace: string): Promise<string[]> {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  box.expectSecretIn('key');
  server.add('ci');
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const rotation = ['rotate', 'ci', '--grace', grace, '--to', 'file:key'];
  const { exit, stderr } = await box.keys(rotation, { env });
  expect(exit, stderr).toBe(0);
  return server.requests;
}

test('a key with a grace period takes three calls', async () => {
  expect(await callsOf('7d')).toMatchInlineSnapshot(`
    [
      "GET /v1/keys",
      "GET /v1/keys/hash1abcdef",
      "POST /v1/keys",
      "GET /v1/models",
    ]
  `);
});

test('a key that is revoked at once takes two more: to revoke it, and to see that it is revoked', async () => {
  expect(await callsOf('0')).toMatchInlineSnapshot(`
    [
      "GET /v1/keys",
      "GET /v1/keys/hash1abcdef",
      "POST /v1/keys",
      "GET /v1/models",
      "DELETE /v1/keys/hash1abcdef",
      "GET /v1/keys/hash1abcdef",
    ]
  `);
});

test('a fleet takes four calls a key, because one list shows many old keys', async () => {
  expect(await callsOfFleet(5, '0')).toEqual({
    'GET /v1/keys': 1,
    'POST /v1/keys': 5,
    'GET /v1/models': 5,
    'DELETE /v1/keys/ID': 5,
    'GET /v1/keys/ID': 5,
  });
});

test('a fleet makes as many calls at the same time as --concurrency says, also while keys are delivered', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  for (let number = 0; number < 8; number += 1) server.add(`service-${number}`);
  const vendors = new StandIns().add('deliver', { lasts: 1000 });
  let [atOnce, most, createdBeforeRevocation] = [0, 0, 0];
  server.onRequest = async (what) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    if (what.startsWith('DELETE')) createdBeforeRevocation ||= server.keys.length - 8;
    await sleep(5);
    atOnce -= 1;
  };
  const env = {
    ...{ KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' },
    PATH: `${vendors.folder}:${process.env.PATH}`,
  };
  const args = ['rotate', '--all', '--yes', '--grace', '0', '--concurrency', '2'];
  const { exit, stderr } = await box.keys([...args, '--to', 'exec:deliver {name}', '--quiet'], { env });
  expect(exit, stderr).toBe(0);
  expect(most).toBe(2);
  // Two were being delivered, and no more than two others were begun meanwhile.
  expect(createdBeforeRevocation).toBe(4);
});
