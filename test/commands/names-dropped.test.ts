import { expect, test } from 'vitest';
import type { Quirks } from '../support/key-api.ts';
import type { KeyWorld } from '../support/key-worlds.ts';
import { quirkyWorld } from '../support/key-worlds.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';

/* APIs that keep no names, or have no grace: what they cannot honour is refused or told, never guessed. */

async function worldOf(quirks: Quirks): Promise<{ box: Sandbox; world: KeyWorld; vendors: StandIns }> {
  const box = new Sandbox();
  const vendors = new StandIns().add('deliver');
  const world = await quirkyWorld(box, {}, quirks);
  const env = { ...world.env, PATH: `${vendors.folder}:${process.env.PATH}` };
  return { box, world: { ...world, env }, vendors };
}

const program = ['--to', 'exec:deliver {name}'];

test('a new key is delivered under the name that was asked for', async () => {
  const { box, world, vendors } = await worldOf({ dropsNames: true });
  const run = await box.keys(['create', 'ci', ...program], { env: world.env });
  expect(run.exit, run.stderr).toBe(0);
  expect(vendors.calls[0]?.args).toEqual(['ci']);
});

test('--if-missing is refused where no key has a name, and makes nothing', async () => {
  const { box, world } = await worldOf({ dropsNames: true });
  expect((await box.keys(['create', 'ci', '--if-missing', ...program], { env: world.env })).exit).toBe(0);
  const again = await box.keys(['create', 'ci', '--if-missing', ...program], { env: world.env });
  expect(again).toMatchObject({ exit: 2, stderr: expect.stringContaining('keeps no names') });
  expect(await world.live()).toHaveLength(1);
});

test('where a list may have been cut, it is said, and --if-missing is refused', async () => {
  const { box, world } = await worldOf({ cutsListAt: 100 });
  const create = ['create', 'ci', '--if-missing', ...program];
  expect(await box.keys(create, { env: world.env })).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('lists exactly 100 keys'),
  });
  expect(await box.keys(['list', '--json'], { env: world.env })).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining('there may be more'),
  });
  expect(await world.live()).toHaveLength(100);
});

test('a rotation does not deliver under an id that changes each time', async () => {
  const { box, world } = await worldOf({ dropsNames: true });
  await box.keys(['create', 'ci', ...program], { env: world.env });
  const [id = ''] = await world.live();
  const run = await box.keys(['rotate', id, ...program], { env: world.env });
  expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining('{name}') });
  expect(await world.live()).toEqual([id]);
});

test('a key that was rotated and waits for its end is not rotated again', async () => {
  const { box, world } = await worldOf({ dropsNames: true });
  await box.keys(['create', 'ci', ...program], { env: world.env });
  const [id = ''] = await world.live();
  const rotate = ['rotate', id, '--grace', '7d', '--to', 'exec:deliver ci'];
  expect((await box.keys(rotate, { env: world.env })).exit).toBe(0);
  expect(await box.keys(rotate, { env: world.env })).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('was rotated before'),
  });
  expect(await world.live()).toHaveLength(2);
});

test('a grace that the API cannot give is refused; without one, the old value is said to be dead', async () => {
  const { box, world } = await worldOf({ rolls: true });
  await box.keys(['create', 'ci', ...program], { env: world.env });
  const rotate = ['rotate', 'ci', '--allow-downtime', ...program];
  expect(await box.keys([...rotate, '--grace', '1h'], { env: world.env })).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('--grace'),
  });
  const [id] = await world.live();
  const run = await box.keys(rotate, { env: world.env });
  expect(run).toMatchObject({ exit: 0, stderr: expect.stringContaining('the old value no longer works') });
  expect(run.stderr).not.toContain('is revoked');
  expect(await world.live()).toEqual([id]);
});
