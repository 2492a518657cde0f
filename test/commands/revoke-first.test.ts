import { expect, test } from 'vitest';
import { withProfiles } from '../support/escrow.ts';
import { KeyApi } from '../support/key-api.ts';
import { Sandbox } from '../support/sandbox.ts';
import { Transcript } from '../support/transcript.ts';

/* Rotation at an API that allows one key: the old one is revoked first, and only with consent and an escrow. */

async function start({ escrow = true } = {}) {
  const api = await KeyApi.start({ single: true });
  const box = new Sandbox();
  withProfiles(box, { one: { provider: 'quirky', url: api.url, ...(escrow && { escrow: 'file' }) } });
  if (escrow) box.expectEscrow();
  box.ownProvider(api.declaration as { id: string });
  box.expectSecretIn('key');
  const env = { KEYS_PROFILE: 'one', KEYS_TOKEN: 'tok-EXAMPLE', NO_COLOR: '1' };
  const old = api.add('ci', { ago: 86_400_000 });
  return { api, box, env, old };
}

const rotation = ['rotate', 'ci', '--to', 'file:key'];

test('without consent nothing happens; with it, the new key is the only one', async () => {
  const { api, box, env, old } = await start();
  const shows = new Transcript(box, []);
  expect(await shows.keys(rotation, { env })).toMatchInlineSnapshot(`
    "$ keys rotate ci --to file:key
    exit 2
    --- stderr
    error: the provider quirky allows one key: the old one stops working before the new one is delivered
    hint: add --allow-downtime to rotate anyway
    "
  `);
  expect(
    await shows.keys([...rotation, '--allow-downtime', '--grace', '1d'], { env }),
  ).toMatchInlineSnapshot(`
    "$ keys rotate ci --to file:key --allow-downtime --grace 1d
    exit 2
    --- stderr
    error: --grace: the provider quirky ends the old value at once, without a grace period
    hint: leave out --grace
    "
  `);
  expect(
    await shows.keys([...rotation, '--allow-downtime', '--when-idle', '1d'], { env }),
  ).toMatchInlineSnapshot(`
    "$ keys rotate ci --to file:key --allow-downtime --when-idle 1d
    exit 2
    --- stderr
    error: --when-idle: the provider quirky ends the old value at once, without a grace period
    hint: leave out --when-idle
    "
  `);
  expect(api.requests).toEqual([]);

  const dry = await box.keys([...rotation, '--dry-run', '--json'], { env });
  expect(dry).toMatchObject({ exit: 0 });
  expect(api.revoked).toEqual([]);

  const done = await box.keys([...rotation, '--allow-downtime', '--json'], { env });
  expect(done.exit, done.stderr).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({
    oldId: old.id,
    newId: api.keys[0]?.id,
    oldRevoked: true,
    verified: true,
    delivered: [{ sink: 'file:key', verified: true }],
  });
  expect(api.revoked).toMatchObject([{ id: old.id }]);
  expect(box.read('key').trim()).toBe(api.keys[0]?.secret);
  expect(api.requests.filter((request) => /^(DELETE|POST)/.test(request))).toEqual([
    `DELETE /keys/${old.id}`,
    'POST /keys',
  ]);
});

test('without an escrow nothing is touched, with consent or not', async () => {
  const { api, box, env, old } = await start({ escrow: false });
  const run = await box.keys([...rotation, '--allow-downtime'], { env });
  expect(run).toMatchObject({ exit: 2 });
  expect(run.stderr).toContain(
    'that needs an escrow for the new secret, and there is none; nothing was changed',
  );
  expect(api.keys).toMatchObject([{ id: old.id }]);
  const left = await box.keys(['recover', '--list', '--json'], { env });
  expect(left.stdout.trim()).toBe('[]');
});

test('a new key that the API refuses is created by recover, as it was planned', async () => {
  const { api, box, env, old } = await start();
  // Another client takes the only place between the two calls.
  api.onRevoke = () => api.add('intruder');
  const run = await box.keys([...rotation, '--allow-downtime'], { env });
  expect(run).toMatchObject({ exit: 5 });
  expect(run.stderr).toContain(`the old key ${old.id} is revoked, and no new key exists`);
  const [hint = ''] = /keys recover \w+/.exec(run.stderr) ?? [];

  const created = await box.keys(['create', 'ci', '--to', 'file:other'], { env });
  expect(created).toMatchObject({ exit: 5 });
  expect(created.stderr).toContain(hint);
  const again = await box.keys([...rotation, '--allow-downtime'], { env });
  expect(again).toMatchObject({ exit: 5 });
  expect(again.stderr).toContain(hint);

  expect(await box.keys(['recover', '--all', '--yes'], { env })).toMatchObject({ exit: 5 });
  api.onRevoke = undefined;
  api.keys.splice(0);
  const recovered = await box.keys([...hint.split(' ').slice(1), '--json'], { env });
  expect(recovered.exit, recovered.stderr).toBe(0);
  expect(JSON.parse(recovered.stdout)).toMatchObject({ outcome: 'delivered', name: 'ci' });
  expect(api.keys).toMatchObject([{ name: 'ci', secret: box.read('key').trim() }]);
});
