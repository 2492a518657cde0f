import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { hasBackgroundThread, startServe } from '../support/serving.ts';
import { shell } from '../support/shell.ts';

/* Keys from a user's point of view: `keys serve` in one terminal, `keys` in another. */

const lives: [provider: string, path: string, flags: string, reference: string][] = [
  ['authority', 'admin', '--expires 90d --rate-limit 60 --budget 5 --label team=web', 'ci'],
  ['unreal', 'unreal', '', 'ci'],
  ['privatemind', 'privatemind', '--expires 90d', 'ci'],
  ['drun', 'drun', '', 'ci'],
  ['riskinmind', 'riskinmind', '', 'api-key'],
];

test.for(lives)(
  '%s: log in, create, use, list, revoke, log out',
  async ([provider, path, flags, reference]) => {
    const box = new Sandbox();
    box.expectSecretIn('ci.key');
    const { url } = await startServe(box);
    const login = `keys login --provider ${provider} --url ${url}/${path} --store file --with-token`;
    const loggedIn = await shell(
      box,
      `keys session create --user alice --expires 12h --secret-only | ${login}`,
    );
    expect(loggedIn.exit, loggedIn.stderr).toBe(0);

    expect((await shell(box, `keys create ci ${flags} --to file:ci.key`)).exit).toBe(0);
    const key = readFileSync(join(box.cwd, 'ci.key'), 'utf8').trim();
    const models = () => fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await models()).status).toBe(200);
    const [listedKey] = JSON.parse((await shell(box, 'keys list --json')).stdout);
    expect(listedKey).toMatchObject({ name: reference, status: 'active', provider });

    expect((await shell(box, `keys revoke ${reference} --yes`)).exit).toBe(0);
    const refused = await models();
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: { code: 'INVALID_API_KEY' } });
    expect((await shell(box, 'keys logout')).exit).toBe(0);
    expect((await shell(box, 'keys list')).exit).toBe(4);
  },
);

test('the provider authority supports every feature of the authority', async () => {
  const box = new Sandbox();
  box.expectSecretIn('ci.key');
  const { url } = await startServe(box);
  const login = `keys login --provider authority --url ${url}/admin --store file --with-token`;
  expect((await shell(box, `keys session create --user alice --secret-only | ${login}`)).exit).toBe(0);
  await shell(box, 'keys create ci --to file:ci.key');
  const show = async () => JSON.parse((await shell(box, 'keys show ci --json')).stdout);
  const use = async () => {
    const headers = { 'x-api-key': box.read('ci.key').trim(), 'x-model': 'gpt-4o' };
    return (await fetch(`${url}/v1/authorize`, { headers })).status;
  };

  expect(await use()).toBe(200);
  expect(await show()).toMatchObject({ usage: { requests: 1 }, lastUsedIp: '127.0.0.1' });
  await shell(box, 'keys update ci --models mistral-large --description nightly --label team=web');
  expect(await show()).toMatchObject({
    models: ['mistral-large'],
    description: 'nightly',
    labels: { team: 'web' },
  });
  expect(await use()).toBe(403);
  await shell(box, 'keys update ci --models all --disable');
  expect(await use()).toBe(401);
  await shell(box, 'keys update ci --enable');
  expect(await use()).toBe(200);

  const logs = JSON.parse(
    (await shell(box, 'keys logs ci --status 4xx --json statusCode,path,model')).stdout,
  );
  expect(logs).toEqual(
    [401, 403].map((statusCode) => ({ statusCode, path: '/v1/authorize', model: 'gpt-4o' })),
  );
  const days = JSON.parse((await shell(box, 'keys usage ci --by day --json requests')).stdout);
  expect(days).toEqual([{ requests: 2 }]);
  const verdict = await shell(box, 'keys verify --from file:ci.key --json');
  expect(JSON.parse(verdict.stdout)).toEqual({ valid: true, reason: 'ok', httpStatus: 200 });
});

test('an expired key is refused at once, with the time of its expiry', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const { stdout } = await box.keys(['create', 'short', '--expires', '4s', '--json'], {
    secretOnStdout: true,
  });
  const { secret, expiresAt } = JSON.parse(stdout);
  const ask = () => fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await ask()).status).toBe(200);
  await sleep(Date.parse(expiresAt) - Date.now() + 5);
  const refused = await ask();
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({
    success: false,
    error: { code: 'EXPIRED_API_KEY', details: { expired_at: expiresAt } },
  });
});

test('users see only their own keys, and an admin all keys', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const as = async (user: string) => {
    const { stdout } = await box.keys(['session', 'create', '--user', user, '--secret-only'], {
      secretOnStdout: true,
    });
    const env = { KEYS_PROVIDER: 'authority', KEYS_URL: `${url}/admin`, KEYS_TOKEN: stdout.trim() };
    return (...args: string[]) => box.program(args, { env, secretOnStdout: true });
  };
  const [alice, bob, admin] = [await as('alice'), await as('bob'), await as('admin')];
  const { id } = JSON.parse((await alice('create', 'ci', '--json')).stdout);
  await bob('create', 'reports', '--json');

  const names = async (who: typeof alice) => JSON.parse((await who('list', '--json', 'name')).stdout);
  expect(await names(alice)).toEqual([{ name: 'ci' }]);
  expect(await names(bob)).toEqual([{ name: 'reports' }]);
  expect(await names(admin)).toHaveLength(2);
  expect((await bob('revoke', id, '--yes')).exit).toBe(3);
  expect((await admin('revoke', id, '--yes')).exit).toBe(0);
});

test('a revoked session is refused at its next call', async () => {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const { stdout } = await box.keys(['session', 'create', '--user', 'alice', '--json'], {
    secretOnStdout: true,
  });
  const { id, secret, role } = JSON.parse(stdout);
  expect(role).toBe('user');
  const ask = () => fetch(`${url}/admin/keys`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await ask()).status).toBe(200);
  expect((await box.program(['session', 'revoke', id])).exit).toBe(0);
  expect((await ask()).status).toBe(401);
  expect(JSON.parse((await box.program(['session', 'list', '--json'])).stdout)).toEqual([]);
  const ended = JSON.parse((await box.program(['session', 'list', '--ended', '--json', 'id,status'])).stdout);
  expect(ended).toEqual([{ id, status: 'revoked' }]);
});

test('a thread that answers questions leaves the processor to calls that use a key', async () => {
  const box = new Sandbox();
  const { url, pid } = await startServe(box);
  const { stdout } = await box.keys(['session', 'create', '--user', 'alice', '--secret-only'], {
    secretOnStdout: true,
  });
  expect(hasBackgroundThread(pid)).toBe(false);
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  expect(await (await fetch(`${url}/admin/keys`, { headers })).json()).toMatchObject({ data: [] });
  expect(hasBackgroundThread(pid)).toBe(true);
});
