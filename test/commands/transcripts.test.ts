import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, ids, operations, prefixes, secrets, Transcript } from '../support/transcript.ts';

/*
 * What a user reads from the first command to the last, off a terminal. Each run is a whole: exit code, both streams and
 * the files that it leaves.
 */

const start = new Date('2026-11-21T12:00:00Z');
const later = (days: number) => new Date(start.getTime() + days * 86_400_000);
const filters = [secrets, prefixes, ids, operations, folders];

test('a rotation with a grace period, from the first key to the end of the old one', async () => {
  const box = withEscrow(new Sandbox());
  box.expectSecretIn('key');
  const story = new Transcript(box, filters);
  expect(await story.keys(['create', 'ci', '--to', 'file:key'], { now: start })).toMatchInlineSnapshot(`
    "$ keys create ci --to file:key
    exit 0
    --- stdout
    [id 1]	ci		active	[prefix]	2026-11-21T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
    --- stderr
    delivered to file:key and read back
    --- files
    key (600): [secret 1]
    "
  `);
  expect(await story.keys(['rotate', 'ci', '--to', 'file:key'], { now: later(60) })).toMatchInlineSnapshot(`
    "$ keys rotate ci --to file:key
    exit 0
    --- stdout
    ci	[id 1]	[id 2]	false	2027-01-27T12:00:00.000Z	true
    --- stderr
    delivered to file:key and read back
    the old key [id 1] works until 2027-01-27T12:00:00Z
    --- files
    key (600): [secret 2]
    "
  `);
  expect(await story.keys(['list'], { now: later(61) })).toMatchInlineSnapshot(`
    "$ keys list
    exit 0
    --- stdout
    [id 2]	ci		active	[prefix]	2027-01-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
    [id 1]	ci		expiring	[prefix]	2026-11-21T12:00:00.000Z	2027-01-27T12:00:00.000Z			read			0			requests=0,tokens=0	true	local	local
    --- files
    key (600): [secret 2]
    "
  `);
  expect(
    await story.keys(['rotate', 'ci', '--older-than', '30d', '--to', 'file:key'], { now: later(66) }),
  ).toMatchInlineSnapshot(`
    "$ keys rotate ci --older-than 30d --to file:key
    exit 0
    --- stdout
    ci		[id 2]	false		false
    --- stderr
    ci ([id 2]) is not due: created 6 days ago
    --- files
    key (600): [secret 2]
    "
  `);
  expect(await story.keys(['rotate', '--finish'], { now: later(68) })).toMatchInlineSnapshot(`
    "$ keys rotate --finish
    exit 0
    --- stderr
    no key to rotate
    --- files
    key (600): [secret 2]
    "
  `);
  expect(await story.keys(['list', '--status', 'all'], { now: later(68) })).toMatchInlineSnapshot(`
    "$ keys list --status all
    exit 0
    --- stdout
    [id 2]	ci		active	[prefix]	2027-01-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local
    [id 1]	ci		expired	[prefix]	2026-11-21T12:00:00.000Z	2027-01-27T12:00:00.000Z			read			0			requests=0,tokens=0	true	local	local
    --- files
    key (600): [secret 2]
    "
  `);
});

test('a create whose second sink fails, and its recovery', async () => {
  const box = withEscrow(new Sandbox());
  mkdirSync(join(box.cwd, 'place'));
  box.expectSecretIn('place/key');
  const story = new Transcript(box, filters);
  const to = ['--to', 'exec:rmdir place', '--to', 'file:place/key'];
  expect(await story.keys(['create', 'ci', ...to], { now: start })).toMatchInlineSnapshot(`
    "$ keys create ci --to 'exec:rmdir place' --to file:place/key
    exit 5
    --- stderr
    error: the secret of ci ([id 1]) is in exec:rmdir place, but was not delivered to file:place/key: the folder [folder 1]/place does not exist; it is in escrow (file [folder 2]/state/escrow/[operation 1])
    hint: mkdir -p -m 700 '[folder 1]/place'
    hint: keys recover [operation 1]
    "
  `);
  expect(await story.keys(['create', 'ci', '--to', 'file:key'], { now: start })).toMatchInlineSnapshot(`
    "$ keys create ci --to file:key
    exit 5
    --- stderr
    error: an earlier create of ci is unfinished; no key was created
    hint: keys recover [operation 1]
    "
  `);
  expect(await story.keys(['recover', '--list'], { now: start })).toMatchInlineSnapshot(`
    "$ keys recover --list
    exit 0
    --- stdout
    [operation 1]	open	create	ci	[id 1]	2026-11-21T12:00:00.000Z	local	exec:rmdir place,file:place/key
    "
  `);
  expect(await story.keys(['recover'], { now: start })).toMatchInlineSnapshot(`
    "$ keys recover
    exit 5
    --- stderr
    error: the folder [folder 1]/place does not exist
    hint: mkdir -p -m 700 '[folder 1]/place'
    hint: keys recover [operation 1]
    "
  `);
  mkdirSync(join(box.cwd, 'place'));
  expect(await story.keys(['recover'], { now: start })).toMatchInlineSnapshot(`
    "$ keys recover
    exit 0
    --- stdout
    [operation 1]	delivered	create	ci	[id 1]	2026-11-21T12:00:00.000Z	local	exec:rmdir place,file:place/key
    --- stderr
    delivered to file:place/key and read back
    --- files
    place/key (600): [secret 1]
    "
  `);
  expect(await story.keys(['recover'], { now: start })).toMatchInlineSnapshot(`
    "$ keys recover
    exit 0
    --- stderr
    nothing is unfinished
    --- files
    place/key (600): [secret 1]
    "
  `);
});

test('several keys, one of which cannot be delivered', async () => {
  const box = withEscrow(new Sandbox());
  box.expectSecretIn('a');
  box.expectSecretIn('b');
  const story = new Transcript(box, filters);
  await box.keys(['create', 'a', '--to', 'file:a'], { now: start });
  await box.keys(['create', 'b', '--to', 'file:b'], { now: new Date(start.getTime() + 60_000) });
  const fleet = ['rotate', '--all', '--older-than', '30d', '--concurrency', '1'];
  const to = ['--to', 'exec:test {name} = a'];
  expect(await story.keys([...fleet, ...to], { now: later(1) })).toMatchInlineSnapshot(`
    "$ keys rotate --all --older-than 30d --concurrency 1 --to 'exec:test {name} = a'
    exit 0
    --- stdout
    b		[id 1]	false		false
    a		[id 2]	false		false
    --- stderr
    2 not due
    --- files
    a (600): [secret 1]
    b (600): [secret 2]
    "
  `);
  expect(await story.keys([...fleet, ...to], { now: later(40) })).toMatchInlineSnapshot(`
    "$ keys rotate --all --older-than 30d --concurrency 1 --to 'exec:test {name} = a'
    exit 5
    --- stdout
    b	[id 1]		false		false
    a	[id 2]	[id 3]	false	2027-01-07T12:00:00.000Z	true
    --- stderr
    warning: b ([id 1]): the secret of b ([id 4]) was not delivered to exec:test {name} = a: test failed with exit code 1; it is in escrow (file [folder 1]/state/escrow/[operation 1])
    1 rotated, 1 failed
    --- files
    a (600): [secret 1]
    b (600): [secret 2]
    "
  `);
});
