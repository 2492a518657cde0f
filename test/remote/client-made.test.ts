import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { looksLikeSecret, Secret } from '../../src/base/secret.ts';
import { powerdns } from '../../src/providers/built-in/powerdns.ts';
import { withProfiles } from '../support/escrow.ts';
import { FaultServer, json, resetBeforeReply, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { remoteOf } from './remote-of.ts';

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

test('a lost reply loses no secret: recovery delivers it if the API shows that it has it', async () => {
  const { server, sandbox, keys } = await started();
  let stored = 'old';
  server.always('PUT /tsigkeys/ci.', (response, request) => {
    stored = JSON.parse(String(request.body)).key;
    resetBeforeReply(response, request);
  });
  server.always('GET /tsigkeys/ci.', (...exchange) => json(200, { ...tsig, key: stored })(...exchange));
  sandbox.expectEscrow();
  withProfiles(sandbox, { work: { provider: 'powerdns', url: server.origin, escrow: 'file' } });
  const lost = await keys([...rotate, '--profile', 'work']);
  expect(JSON.parse(lost.stderr).error).toMatchObject({
    code: 'reply_lost',
    message: expect.stringContaining('may have been replaced, and the new one is in escrow'),
  });
  const run = await keys(['recover', '--all', '--yes', '--json', '--profile', 'work']);
  expect(JSON.parse(run.stdout)).toMatchObject([{ outcome: 'delivered', id: 'ci.' }]);
  expect(sandbox.read('ci.key').trim()).toBe(stored);
  expect(run.exit).toBe(0);
});

test('the secret of a key is that which the API shows, or the one that it accepts', async () => {
  const server = await FaultServer.start();
  const secret = new Secret('c2VjcmV0IG9mIGEga2V5EXAMPLE');
  const show = (answer: object) => server.on('GET /tsigkeys/ci.', json(200, answer));
  const { backend } = remoteOf(powerdns, server);
  show({ ...tsig, key: secret.reveal() });
  expect(await backend.holds('ci.', secret)).toBe(true);
  show({ ...tsig, key: 'YW5vdGhlciBzZWNyZXQgEXAMPLE' });
  expect(await backend.holds('ci.', secret)).toBe(false);
  show({ ...tsig, key: 'c2Vj****************EXAMPLE' });
  expect(await backend.holds('ci.', secret)).toBeUndefined();
  show({ ...tsig, key: 'an older secret of another length' });
  expect(await backend.holds('ci.', secret)).toBe(false);
  show({ ...tsig, key: 'sha256:90c48f61' });
  expect(await backend.holds('ci.', secret)).toBeUndefined();
  show(tsig);
  expect(await backend.holds('ci.', secret)).toBeUndefined();
  server.on('GET /tsigkeys/ci.', json(404, {}));
  expect(await backend.holds('ci.', secret)).toBe(false);

  const verifying = remoteOf({ ...powerdns, show: { get: '/none/{id}' }, verify: { get: '/me' } }, server);
  server.on('GET /me', json(200, { ok: true }), json(401, {}), json(403, {}));
  expect(await verifying.backend.holds('ci.', secret)).toBe(true);
  expect(await verifying.backend.holds('ci.', secret)).toBe(false);
  expect(await verifying.backend.holds('ci.', secret)).toBeUndefined();
});

test('a secret that the API accepts is that of the key which it names', async () => {
  const server = await FaultServer.start();
  server.always('GET /me', json(200, { id: 'ci.' }));
  const verify = { get: '/me', id: 'id' };
  const { backend } = remoteOf({ ...powerdns, show: { get: '/none/{id}' }, verify }, server);
  const secret = new Secret('c2VjcmV0IG9mIGEga2V5EXAMPLE');
  expect(await backend.holds('ci.', secret)).toBe(true);
  expect(await backend.holds('web.', secret)).toBe(false);
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
