import { expect, test } from 'vitest';
import type { Quirks } from '../support/key-api.ts';
import type { KeyWorld } from '../support/key-worlds.ts';
import { quirkyWorld } from '../support/key-worlds.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import type { Filter } from '../support/transcript.ts';
import { prefixes, Transcript, times } from '../support/transcript.ts';

/* APIs that keep no names, or have no grace: what they cannot honour is refused or told, never guessed. */

/** The ids that the API gives. */
const keys: Filter = { word: 'key', isNumbered: true, pattern: /\bk\d{4}[0-9a-f]{8}\b/g };

interface World {
  world: KeyWorld;
  vendors: StandIns;
  /** Runs `keys …` in it: the whole run as text. */
  shows: (...args: string[]) => Promise<string>;
}

async function worldOf(quirks: Quirks): Promise<World> {
  const box = new Sandbox();
  const vendors = new StandIns().add('deliver');
  const world = await quirkyWorld(box, {}, quirks);
  const env = { ...world.env, PATH: `${vendors.folder}:${process.env.PATH}` };
  const story = new Transcript(box, [keys, prefixes, times]);
  return { world: { ...world, env }, vendors, shows: (...args) => story.keys(args, { env, now }) };
}

const now = new Date('2026-11-20T12:00:00Z');
const program = ['--to', 'exec:deliver {name}'];

test('a new key is delivered under the name that was asked for', async () => {
  const { shows, vendors } = await worldOf({ dropsNames: true });
  expect(await shows('create', 'ci', ...program)).toMatchInlineSnapshot(`
    "$ keys create ci --to 'exec:deliver {name}'
    exit 0
    --- stdout
    [key 1]	[key 1]		active	[prefix]	[time]											false	quirky	work
    --- stderr
    warning: the API did not keep the name ci; use the key's id instead: [key 1]
    delivered to exec:deliver {name}
    "
  `);
  expect(vendors.calls[0]?.args).toEqual(['ci']);
});

test('--if-missing is refused where no key has a name, and makes nothing', async () => {
  const { shows, world } = await worldOf({ dropsNames: true });
  const create = ['create', 'ci', '--if-missing', ...program];
  expect(await shows(...create)).toMatchInlineSnapshot(`
    "$ keys create ci --if-missing --to 'exec:deliver {name}'
    exit 0
    --- stdout
    [key 1]	[key 1]		active	[prefix]	[time]											false	quirky	work
    --- stderr
    warning: the API did not keep the name ci; use the key's id instead: [key 1]
    delivered to exec:deliver {name}
    "
  `);
  expect(await shows(...create)).toMatchInlineSnapshot(`
    "$ keys create ci --if-missing --to 'exec:deliver {name}'
    exit 2
    --- stderr
    error: --if-missing: the provider quirky keeps no names, so a key cannot be found by its name
    hint: keys list
    "
  `);
  expect(await world.live()).toHaveLength(1);
});

test('where a list may have been cut, a warning says so, and --if-missing is refused', async () => {
  const { shows, world } = await worldOf({ cutsListAt: 100 });
  expect(await shows('create', 'ci', '--if-missing', ...program)).toMatchInlineSnapshot(`
    "$ keys create ci --if-missing --to 'exec:deliver {name}'
    exit 2
    --- stderr
    warning: the API lists exactly 100 keys; there may be more that it does not list
    error: --if-missing: the provider quirky lists exactly 100 keys, which may not be all: the key may exist unseen
    hint: leave out --if-missing to create the key anyway
    "
  `);
  expect(await shows('list', '--limit', '1', '--json', 'name')).toMatchInlineSnapshot(`
    "$ keys list --limit 1 --json name
    exit 0
    --- stdout
    [
      {
        "name": "older-99"
      }
    ]
    --- stderr
    warning: the API lists exactly 100 keys; there may be more that it does not list
    "
  `);
  expect(await world.live()).toHaveLength(100);
});

test('a rotation does not deliver under an id that changes each time', async () => {
  const { shows, world } = await worldOf({ dropsNames: true });
  await shows('create', 'ci', ...program);
  const [id = ''] = await world.live();
  expect(await shows('rotate', id, ...program)).toMatchInlineSnapshot(`
    "$ keys rotate [key 1] --to 'exec:deliver {name}'
    exit 2
    --- stderr
    error: the API keeps no name for the key [key 1], so {name} would be a different place each time
    hint: write the name of the place instead of {name}
    "
  `);
  expect(await world.live()).toEqual([id]);
});

test('a key that was rotated and waits for its end is not rotated again', async () => {
  const { shows, world } = await worldOf({ dropsNames: true });
  await shows('create', 'ci', ...program);
  const [id = ''] = await world.live();
  const rotate = ['rotate', id, '--grace', '7d', '--to', 'exec:deliver ci'];
  expect(await shows(...rotate)).toMatchInlineSnapshot(`
    "$ keys rotate [key 1] --grace 7d --to 'exec:deliver ci'
    exit 0
    --- stdout
    [key 2]	[key 1]	[key 2]	false	[time]	true
    --- stderr
    warning: the API did not keep the name [key 1]; use the key's id instead: [key 2]
    delivered to exec:deliver ci
    the old key [key 1] works until [time]
    "
  `);
  expect(await shows(...rotate)).toMatchInlineSnapshot(`
    "$ keys rotate [key 1] --grace 7d --to 'exec:deliver ci'
    exit 2
    --- stderr
    error: the key [key 1] was already rotated and is due to be retired; rotate the key that replaced it
    hint: keys recover --list
    "
  `);
  expect(await world.live()).toHaveLength(2);
});

test('a grace period that the API cannot give is refused; without one, the old value is reported dead', async () => {
  const { shows, world } = await worldOf({ rolls: true });
  await shows('create', 'ci', ...program);
  const rotate = ['rotate', 'ci', '--allow-downtime', ...program];
  expect(await shows(...rotate, '--grace', '1h')).toMatchInlineSnapshot(`
    "$ keys rotate ci --allow-downtime --to 'exec:deliver {name}' --grace 1h
    exit 2
    --- stderr
    error: --grace: the provider quirky ends the old value at once, without a grace period
    hint: leave out --grace
    "
  `);
  const [id] = await world.live();
  const rotation = await shows(...rotate);
  expect(rotation).toMatchInlineSnapshot(`
    "$ keys rotate ci --allow-downtime --to 'exec:deliver {name}'
    exit 0
    --- stdout
    ci	[key 1]	[key 1]	true	[time]	true
    --- stderr
    warning: there is no escrow: if the new key cannot be delivered, no key is left (keys doctor)
    delivered to exec:deliver {name}
    the key [key 1] has a new value, and the old value no longer works
    "
  `);
  expect(rotation).not.toContain('is revoked');
  expect(await world.live()).toEqual([id]);
});
