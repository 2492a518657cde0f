import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

const now = new Date('2026-11-20T12:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);

async function exported(box: Sandbox, args: readonly string[] = [], env = {}) {
  const run = await box.keys(['export', ...args], { now, env });
  expect(run.stderr).toBe('');
  expect(run.exit).toBe(0);
  return run.stdout;
}

/** Keys as OpenRouter lists them. */
function listed(...keys: object[]) {
  const usual = {
    disabled: false,
    limit: null,
    expires_at: null,
    created_at: '2026-11-20T11:00:00Z',
    label: 'sk-or-v1-abc',
  };
  return json(200, { data: keys.map((key, index) => ({ hash: `hash${index}000`, ...usual, ...key })) });
}

async function openRouter(...keys: object[]) {
  const server = await FaultServer.start();
  server.always('GET /keys', (response, request) =>
    (/offset=[1-9]/.test(request.path) ? listed() : listed(...keys))(response, request),
  );
  return { KEYS_PROVIDER: 'openrouter', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
}

test('the active keys that no newer one replaces are written, by name', async () => {
  const box = new Sandbox();
  await seedKey(box, now, {
    name: 'web',
    expiresAt: inDays(90),
    description: 'the shop',
    labels: { team: 'shop' },
  });
  await seedKey(box, new Date(now.getTime() - 1000), { name: 'ci', permissions: ['read', 'write'] });
  await seedKey(box, now, { name: 'ci', budgetUsd: 25, rateLimitRpm: 60 });
  expect(await exported(box)).toBe(`\
# yaml-language-server: $schema=https://example.com/keys/keys.schema.json
# keys plan compares the keys with this file, and keys apply makes them as it says. For a key that is to be rotated,
# add where its secret is kept, and when: to: ["env:.env#API_KEY"] and rotate: { olderThan: 60d }
profile: local
keys:
  ci:
    expires: never
    permissions: [read]
    rateLimitRpm: 60
    budgetUsd: 25
  web:
    description: the shop
    expires: 90d
    permissions: [read]
    labels: { team: shop }
`);
});

test('keys plan on the result finds nothing to do, also a day later', async () => {
  const box = new Sandbox();
  const ends = {
    span: inDays(90),
    date: new Date('2027-01-31T23:59:59Z'),
    time: new Date('2027-01-31T17:00:01.500Z'),
  };
  for (const [name, expiresAt] of Object.entries(ends)) await seedKey(box, now, { name, expiresAt });
  await seedKey(box, now, {
    name: 'all',
    description: 'a: b',
    models: ['gpt'],
    budgetUsd: 0.5,
    rateLimitRpm: 1,
  });
  await seedKey(box, now, { name: `hostile \${X} "\n#`, labels: { ['__proto__']: 'x', 'a: b': ': ' } });
  box.write('keys.yaml', await exported(box));
  for (const later of [now, inDays(1)]) {
    const { exit, stdout } = await box.keys(['plan', '--json'], { now: later });
    expect(exit, stdout).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ toDo: 0, actions: { length: 5 } });
  }
});

test('keys plan finds nothing to do at an API, either', async () => {
  const env = await openRouter(
    { name: 'ci', limit: 9.5, expires_at: '2027-02-18T11:00:00Z' },
    { name: 'web', expires_at: '2027-02-18T11:22:33Z' },
  );
  const box = new Sandbox();
  box.write('keys.yaml', await exported(box, [], env));
  const { exit, stdout } = await box.keys(['plan', '--json'], { now, env });
  expect(exit, stdout).toBe(0);
});

test('which file a key was made from is not a part of the file', async () => {
  const box = new Sandbox();
  box.expectSecretIn('ci.key');
  box.write('keys.yaml', 'keys: { ci: { labels: { team: search }, to: ["file:ci.key"] } }');
  expect((await box.keys(['apply', '--yes'], { now })).exit).toBe(0);
  const text = await exported(box);
  expect(parse(text).keys.ci.labels).toEqual({ team: 'search' });
  box.write('keys.yaml', text);
  expect((await box.keys(['plan'], { now })).exit).toBe(0);
});

test('without keys, the file is valid all the same', async () => {
  expect(parse(await exported(new Sandbox()))).toEqual({ profile: 'local', keys: {} });
});

test('JSON has the same content', async () => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'ci' });
  const [text, record] = [await exported(box), await exported(box, ['--json'])];
  expect(JSON.parse(record)).toEqual(parse(text));
  expect(await exported(box, ['--format', 'yaml'])).toBe(text);
});

test('of an API, only what it reports is written', async () => {
  const env = await openRouter({ name: 'ci', limit: 9.5 }, { name: 'web', disabled: true });
  expect(parse(await exported(new Sandbox(), [], env))).toEqual({
    profile: 'openrouter',
    keys: { ci: { expires: 'never', budgetUsd: 9.5 } },
  });
});

test('what a file cannot say is said in its comments', async () => {
  const env = await openRouter(
    { name: 'twin', created_at: null },
    { name: 'twin', created_at: null },
    { name: '' },
    { name: `sk-or-v1-${'0123456789abcdef'.repeat(4)}` },
    { name: 'ci\n::set-output name=a::b\u202e' },
  );
  const text = await exported(new Sandbox(), [], env);
  expect(text.split('\n').slice(3)).toEqual([
    '# a key without a name is left out: hash2000',
    '# a key whose name looks like a secret is left out: hash3000',
    '# several keys named twin are left out: hash0000, hash1000',
    'profile: openrouter',
    'keys:',
    '  "ci\\n::set-output name=a::b\\u202e":',
    '    expires: never',
    '',
  ]);
});

test('all profiles are in one file, which keys plan finds fulfilled; one that cannot be asked is left out (5)', async () => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'ci' });
  const { KEYS_URL: url } = await openRouter({ name: 'ci' }, { name: 'web' });
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  const other = { provider: 'openrouter', url, tokenCommand: ['printf', 'tok-%s', 'EXAMPLE'] };
  const broken = { provider: 'openrouter', url, tokenCommand: ['false'] };
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ profiles: { other, broken } }), {
    mode: 0o600,
  });
  const { exit, stdout, stderr } = await box.keys(['export', '--all-profiles'], { now });
  expect(exit).toBe(5);
  expect(stderr).toContain('warning: the keys of the profile broken are left out: ');
  expect(stdout).toContain('# profile broken is left out: ');
  expect(parse(stdout).keys).toMatchObject({
    ci: { profile: 'local' },
    'ci@other': { name: 'ci', profile: 'other' },
    web: { profile: 'other' },
  });
  box.write('keys.yaml', stdout);
  const plan = await box.keys(['plan', '--json'], { now });
  expect(plan.exit, plan.stdout).toBe(0);
  expect(JSON.parse(plan.stdout).actions).toHaveLength(3);
});
