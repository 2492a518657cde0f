import { copyFileSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import { databaseOf } from '../support/embedded-authority.ts';
import { json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ScriptedUpstream, upstreamKey } from '../support/scripted-upstream.ts';
import { startServe } from '../support/serving.ts';

/* One caller cannot harm the server that all use. If its files are lost, it says so. */

async function create(box: Sandbox, name: string, ...flags: string[]): Promise<string> {
  const run = await box.keys(['create', name, '--secret-only', ...flags], { secretOnStdout: true });
  expect(run.exit).toBe(0);
  return run.stdout.trim();
}

async function session(box: Sandbox, user: string): Promise<{ authorization: string }> {
  const args = ['session', 'create', '--user', user, '--secret-only'];
  const { stdout } = await box.program(args, { secretOnStdout: true });
  return { authorization: `Bearer ${stdout.trim()}` };
}

const posted = (body: string, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

test('invalid text and bad rows harm neither the server nor readers of its log', async () => {
  const box = new Sandbox();
  const [live, dead] = [await create(box, 'live'), await create(box, 'dead')];
  expect((await box.program(['revoke', 'dead', '--yes'])).exit).toBe(0);
  const admin = await session(box, 'admin');
  const upstream = await ScriptedUpstream.start();
  writeFileSync(join(box.cwd, '.env'), `UPSTREAM_KEY=${upstreamKey}\n`, { mode: 0o600 });
  box.expectSecretIn('.env');
  const flags = ['--upstream', upstream.url.href, '--upstream-key', 'env:.env#UPSTREAM_KEY'];
  const server = await startServe(box, flags);
  const report = (key: string) =>
    fetch(`${server.url}/v1/usage`, posted(`{"key":"${key}","model":"\\ud800"}`));
  expect([(await report(dead)).status, (await report(live)).status]).toEqual([400, 400]);
  const call = '{"model":"\\ud800","messages":[]}';
  for (const key of [live, dead]) {
    await fetch(`${server.url}/v1/chat/completions`, posted(call, { authorization: `Bearer ${key}` }));
  }
  const foreign = new Database(databaseOf(box));
  foreign
    .prepare(
      `INSERT INTO uses (key_id, at, method, path, status, model, requests, tokens, cost_micros)
       SELECT id, ?, 'GET', '/planted', 200, ? ->> 0, 1, 0, 0 FROM keys WHERE name = 'live'`,
    )
    .run([Date.now(), '["\\ud800"]']);
  foreign.close();
  const logs = await fetch(`${server.url}/admin/logs`, { headers: admin });
  expect(logs.status).toBe(200);
  const { data } = (await logs.json()) as { data: { path: string; model: string }[] };
  expect(data.filter(({ path }) => path === '/planted').map(({ model }) => model)).toEqual([
    '\ufffd\ufffd\ufffd',
  ]);
  expect(await server.stop()).toBe(0);
  const run = await box.program(['logs', '--json']);
  expect([run.exit, JSON.parse(run.stdout).length]).toEqual([0, data.length]);
});

test('an absurd cost from an upstream does not stop the metering of other calls', async () => {
  const box = new Sandbox();
  const [bad, poor] = [await create(box, 'bad'), await create(box, 'poor', '--budget', '1')];
  const admin = await session(box, 'admin');
  const upstream = await ScriptedUpstream.start();
  upstream.key = undefined;
  const server = await startServe(box, ['--upstream', upstream.url.href]);
  const call = (key: string) =>
    fetch(
      `${server.url}/v1/chat/completions`,
      posted('{"model":"m","messages":[]}', { authorization: `Bearer ${key}` }),
    );
  const cost = (amount: number) =>
    json(200, { choices: [], usage: { total_tokens: Number.MAX_SAFE_INTEGER, cost: amount } });
  upstream.next(cost(1e13), cost(1e300), cost(2), cost(0));
  expect([(await call(bad)).status, (await call(bad)).status]).toEqual([200, 200]);
  expect([(await call(poor)).status, (await call(poor)).status]).toEqual([200, 402]);
  expect((await call(bad)).status).toBe(200);
  expect((await fetch(`${server.url}/admin/usage`, { headers: admin })).status).toBe(200);
  expect(await server.stop()).toBe(0);
  const keys = JSON.parse((await box.keys(['list', '--json', 'name,usage,spentUsd'])).stdout);
  expect(keys).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'poor', spentUsd: 2 }),
      expect.objectContaining({ name: 'bad', usage: expect.objectContaining({ requests: 3 }) }),
    ]),
  );
});

describe('a database that disappears under the server', () => {
  const ways: [string, (path: string) => void][] = [
    ['is removed', (path) => rmSync(path)],
    [
      'is removed with the files that SQLite keeps beside it',
      (path) => {
        for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`);
      },
    ],
    [
      'is replaced by a copy',
      (path) => {
        copyFileSync(path, `${path}.copy`);
        renameSync(`${path}.copy`, path);
      },
    ],
    ['loses its log', (path) => rmSync(`${path}-wal`)],
    ['is emptied', (path) => writeFileSync(path, '')],
  ];

  test.each(ways)('because it %s: the server acknowledges nothing more', async (_, spoil) => {
    const box = new Sandbox();
    const key = await create(box, 'ci');
    const alice = await session(box, 'alice');
    const server = await startServe(box);
    const answers = async () => {
      const created = await fetch(`${server.url}/admin/keys`, posted('{"name":"x"}', alice));
      const used = await fetch(`${server.url}/v1/authorize`, { headers: { authorization: `Bearer ${key}` } });
      const readiness = await fetch(`${server.url}/readyz`);
      return [created.status, used.status, readiness.status];
    };
    expect(await answers()).toEqual([201, 200, 200]);
    spoil(databaseOf(box));
    expect(await answers()).toEqual([503, 503, 503]);
    expect(await answers()).toEqual([503, 503, 503]);
  });
});

test('after SIGTERM the database is one file: a copy of it alone has everything', async () => {
  const box = new Sandbox();
  const alice = await session(box, 'alice');
  const server = await startServe(box);
  for (const name of ['one', 'two', 'three']) {
    expect((await fetch(`${server.url}/admin/keys`, posted(JSON.stringify({ name }), alice))).status).toBe(
      201,
    );
  }
  expect(await server.stop()).toBe(0);
  const log = `${databaseOf(box)}-wal`;
  expect(existsSync(log) ? statSync(log).size : 0).toBe(0);
  copyFileSync(databaseOf(box), join(box.cwd, 'copy.db'));
  const copy = new Database(join(box.cwd, 'copy.db'));
  expect(copy.prepare('SELECT COUNT(*) AS count FROM keys').get()).toMatchObject({ count: 3 });
  copy.close();
});
