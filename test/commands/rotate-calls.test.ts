import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* How often a rotation calls the API. A fleet of a thousand keys makes each of these calls a thousand times. */

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
