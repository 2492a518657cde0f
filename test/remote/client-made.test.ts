import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { looksLikeSecret } from '../../src/base/secret.ts';
import { FaultServer, json, resetBeforeReply, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Whole rotations at an API that takes the secret from the client and keeps the id: PowerDNS. */

const tsig = { id: 'ci.', name: 'ci', algorithm: 'hmac-sha256', key: '', type: 'TSIGKey' };
const rotate = ['rotate', 'ci', '--to', 'file:ci.key', '--allow-downtime', '--yes', '--json'];

async function started() {
  const sandbox = new Sandbox();
  const server = await FaultServer.start();
  server.always('GET /tsigkeys', json(200, [tsig])).always('GET /tsigkeys/ci.', json(200, tsig));
  const env = { KEYS_PROVIDER: 'powerdns', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return { server, sandbox, keys: (args: readonly string[]) => sandbox.keys(args, { env }) };
}

test('the secret that was sent is delivered, and the key is not revoked', async () => {
  const { server, sandbox, keys } = await started();
  server.on('PUT /tsigkeys/ci.', text(204, ''));
  const run = await keys([...rotate, '--debug']);
  const put = server.received.find(({ method }) => method === 'PUT');
  const secret = JSON.parse(String(put?.body)).key;
  expect(readFileSync(join(sandbox.cwd, 'ci.key'), 'utf8').trim()).toBe(secret);
  expect(server.received.filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(`${run.stdout}${run.stderr}`).not.toContain(secret);
  expect(JSON.parse(run.stdout)).toMatchObject({ newId: 'ci.', oldRevoked: true });
  expect(run.exit).toBe(0);
});

test('a lost reply leaves the operation open, and another rotation ends it', async () => {
  const { server, sandbox, keys } = await started();
  server.on('PUT /tsigkeys/ci.', ...Array.from({ length: 4 }, () => resetBeforeReply));
  const lost = await keys(rotate);
  expect(lost.exit).toBe(5);
  expect(looksLikeSecret(lost.stderr)).toBe(false);
  server.on('PUT /tsigkeys/ci.', text(204, ''));
  const run = await keys(rotate);
  expect(run.exit).toBe(0);
  const sent = server.received.flatMap(({ method, body }) =>
    method === 'PUT' ? [JSON.parse(String(body)).key] : [],
  );
  expect(readFileSync(join(sandbox.cwd, 'ci.key'), 'utf8').trim()).toBe(sent.at(-1));
  expect(new Set(sent).size).toBe(2);
});
