import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { integrityOf } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

const slow = 120_000;
const rounds = 8;

test('kill -9 under load loses no acknowledged create or revoke', {
  timeout: slow,
}, async () => {
  const box = new Sandbox();
  const session = await box.keys(['session', 'create', '--user', 'alice', '--secret-only'], {
    secretOnStdout: true,
  });
  const headers = { authorization: `Bearer ${session.stdout.trim()}` };
  const created = new Map<string, string>();
  const revoked = new Set<string>();
  const unconfirmed = new Set<string>();

  for (let round = 0; round < rounds; round++) {
    const server = await startServe(box);
    const api = (method: string, path: string, body?: object) =>
      fetch(`${server.url}/admin${path}`, {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
    const create = async () => {
      const answer = await api('POST', '/keys', { name: 'crash' });
      const { key, secret } = (await answer.json()) as { key: { id: string }; secret: string };
      created.set(key.id, secret);
      return key.id;
    };
    const work = async () => {
      for (;;) {
        const id = await create();
        if (Math.random() < 0.5) continue;
        unconfirmed.add(id);
        if ((await api('DELETE', `/keys/${id}`)).status !== 204) return;
        revoked.add(id);
        unconfirmed.delete(id);
      }
    };
    const workers = Array.from({ length: 8 }, () => work().catch(() => {}));
    await pause(100 + Math.random() * 300);
    // A busy machine may take longer until the first acknowledgement.
    while (revoked.size < round + 2) await pause(20);
    await server.kill();
    await Promise.all(workers);
  }

  expect(revoked.size).toBeGreaterThan(rounds);
  const { url } = await startServe(box);
  for (const [id, secret] of created) {
    const { status } = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } });
    if (!unconfirmed.has(id)) expect(status, id).toBe(revoked.has(id) ? 401 : 200);
  }
  expect(integrityOf(box)).toEqual(['ok']);
});
