import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

/* The built program in real processes, from the first key to the last: quick enough for every supported Node.js. */

test('the embedded authority: create, list, rotate, verify, revoke, and nothing left unfinished', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  const to = ['--to', 'env:.env#API_KEY'];
  expect(await box.program(['create', 'ci', '--expires', '90d', ...to])).toMatchObject({ exit: 0 });
  const before = box.read('.env');
  expect(await box.program(['rotate', 'ci', '--grace', '0', ...to])).toMatchObject({ exit: 0 });
  expect(box.read('.env')).not.toBe(before);
  expect(await box.program(['verify', '--from', 'env:.env#API_KEY'])).toMatchObject({ exit: 0 });

  const listed = await box.program(['list', '--status', 'all', '--json']);
  const keys = JSON.parse(listed.stdout) as { name: string; status: string }[];
  expect(keys.map(({ name, status }) => [name, status])).toEqual([
    ['ci', 'active'],
    ['ci', 'revoked'],
  ]);
  expect(await box.program(['revoke', 'ci', '--yes'])).toMatchObject({ exit: 0 });
  expect(await box.program(['verify', '--from', 'env:.env#API_KEY'])).toMatchObject({ exit: 8 });
  expect(await box.program(['recover', '--list', '--json'])).toMatchObject({ exit: 0, stdout: '[]\n' });
});

test('over HTTP: a session, a key, its use, and an orderly end of the server', async () => {
  const box = new Sandbox();
  box.expectSecretIn('key');
  const session = await box.program(['session', 'create', '--user', 'alice', '--secret-only'], {
    secretOnStdout: true,
  });
  const { url, stop } = await startServe(box);
  const env = { KEYS_PROVIDER: 'authority', KEYS_URL: `${url}/admin`, KEYS_TOKEN: session.stdout.trim() };
  expect(await box.program(['create', 'ci', '--to', 'file:key'], { env })).toMatchObject({ exit: 0 });
  const use = () =>
    fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${box.read('key').trim()}` } });
  expect((await use()).status).toBe(200);
  expect(await box.program(['revoke', 'ci', '--yes'], { env })).toMatchObject({ exit: 0 });
  expect((await use()).status).toBe(401);
  expect(await stop('SIGTERM')).toBe(0);
});
