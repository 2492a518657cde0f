import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* What stands in a place before a new key is delivered there may be anybody's. */

async function account(): Promise<{ box: Sandbox; server: UnrealServer; env: Record<string, string> }> {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  server.add('ci');
  const profile = (origin: string) => ({ provider: 'unreal', url: origin, store: 'file' });
  const profiles = { a: profile(server.url), b: profile('https://b.example.com') };
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ profiles }), { mode: 0o600 });
  mkdirSync(join(box.home, 'data'), { mode: 0o700 });
  const tokens = { [`a@${server.url}`]: 'tok-EXAMPLE', 'b@https://b.example.com': 'tok-b-EXAMPLE' };
  writeFileSync(join(box.home, 'data', 'tokens.json'), JSON.stringify(tokens), { mode: 0o600 });
  return { box, server, env: { KEYS_PROFILE: 'a' } };
}

/** What the API was sent as a credential, beside the session token and the new key. */
function sentToo({ credentials, keys }: UnrealServer): (string | undefined)[] {
  const expected = ['tok-EXAMPLE', ...keys.map(({ secret }) => secret)].map((value) => `Bearer ${value}`);
  return credentials.filter((value) => !expected.includes(value ?? ''));
}

test.each([
  ['env:app.env#DATABASE_PASSWORD', 'app.env', 'DATABASE_PASSWORD=correct-horse\n'],
  ['file:password', 'password', 'correct-horse'],
  ['file:other.key', 'other.key', 'sk-a1b2c3d4e5f6g7h8OTHER'],
  ['login:b', undefined, ''],
])('what %s holds is not sent to the API unless it is a key of it', async (to, file, content) => {
  const { box, server, env } = await account();
  if (file) {
    writeFileSync(join(box.cwd, file), content, { mode: 0o600 });
    box.expectSecretIn(file);
  }
  for (const grace of ['0', '7d']) {
    const run = await box.keys(['rotate', 'ci', '--grace', grace, '--to', to, '--json'], { env });
    expect(run, run.stderr).toMatchObject({ exit: 0 });
  }
  expect(sentToo(server)).toEqual([]);
});

test('a value that is a key of the account is asked about before and after', async () => {
  const { box, server, env } = await account();
  box.expectSecretIn('ci.key');
  const [old] = server.keys;
  if (!old) throw new Error('no key');
  old.hash = createHash('sha256').update(old.secret).digest('hex');
  writeFileSync(join(box.cwd, 'ci.key'), old.secret, { mode: 0o600 });
  const run = await box.keys(['rotate', 'ci', '--grace', '0', '--to', 'file:ci.key', '--json'], { env });
  expect(JSON.parse(run.stdout)).toMatchObject({ oldRevoked: true, oldWorks: false });
});

test.each([
  ['postgres', 'postgres://app:correct-horse@db.example.com/app'],
  ['mongodb+srv', 'mongodb+srv://app:correct-horse@db.example.com'],
  ['admin2024', 'admin2024:correct-horse'],
])('an API that calls a key %s is not sent what begins so', async (id, content) => {
  const { box, server, env } = await account();
  server.add('other');
  const [, other] = server.keys;
  if (!other) throw new Error('no key');
  other.hash = id;
  writeFileSync(join(box.cwd, 'app.env'), `DATABASE_URL='${content}'\n`, { mode: 0o600 });
  box.expectSecretIn('app.env');
  const to = ['--to', 'env:app.env#DATABASE_URL'];
  const run = await box.keys(['rotate', 'ci', '--grace', '0', ...to, '--json'], { env });
  expect(run, run.stderr).toMatchObject({ exit: 0 });
  expect(sentToo(server)).toEqual([]);
});
