import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FleetOptions } from '../../src/journal/fleet-file.ts';
import { openFleetFile } from '../../src/journal/fleet-file.ts';
import type { FleetSelection } from '../../src/keys/rotation/fleet.ts';
import { makePrivateFolder } from '../../src/platform/paths.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const start = Date.parse('2026-11-21T12:00:00Z');
const hour = 3_600_000;
const selection: FleetSelection = { terms: '["exec:deliver {name}"]', expires: undefined };

/** The record of one profile, `at` some time after the start. */
function record() {
  const path = join(temporaryFolder(), 'fleets', 'one.jsonl');
  const warnings: string[] = [];
  const open = (wanted: FleetSelection = selection, at = 0, changes: Partial<FleetOptions> = {}) =>
    openFleetFile(
      {
        path,
        cwd: '/work',
        now: () => new Date(start + at),
        makeFolder: makePrivateFolder,
        warn: async (text) => void warnings.push(text),
        ...changes,
      },
      wanted,
    );
  const done = (...args: Parameters<typeof open>) => [...open(...args).doneIds];
  return { path, warnings, open, done };
}

/** A run that stops after these keys. */
async function stopped(open: ReturnType<typeof record>['open'], ...ids: string[]): Promise<void> {
  const fleet = open();
  for (const id of ids) fleet.note(id);
  await fleet.close({ isWhole: false });
}

test('the next command knows what is done, and since when', async () => {
  const { path, open, done } = record();
  await stopped(open, 'a', 'b');
  expect(open(selection, hour)).toMatchObject({ startedAt: start, doneIds: new Set(['a', 'b']) });
  expect(statSync(path).mode & 0o777).toBe(0o600);

  const second = open(selection, hour);
  second.note('c');
  await second.close({ isWhole: false });
  expect(done(selection, 2 * hour)).toEqual(['a', 'b', 'c']);
});

test('nothing is written before the first key is done, and nothing is left of a whole run', async () => {
  const { path, open } = record();
  const fleet = open();
  expect(existsSync(path)).toBe(false);
  fleet.note('a');
  expect(existsSync(path)).toBe(true);
  await fleet.close({ isWhole: true });
  expect(existsSync(path)).toBe(false);

  await stopped(open, 'a');
  await open().close({ isWhole: true });
  expect(existsSync(path)).toBe(false);
});

test.each<[string, FleetSelection, number, Partial<FleetOptions>]>([
  ['other places', { ...selection, terms: '["exec:other {name}"]' }, 0, {}],
  ['another folder', selection, 0, { cwd: '/elsewhere' }],
  ['an expiry', { ...selection, expires: start }, 0, {}],
  ['a day later', selection, 24 * hour, {}],
  ['an earlier clock', selection, -1, {}],
])('%s: nothing is done', async (_, wanted, at, changes) => {
  const { open, done } = record();
  await stopped(open, 'a');
  expect(done(wanted, at, changes)).toEqual([]);
  const another = open(wanted, at, changes);
  another.note('b');
  await another.close({ isWhole: false });
  expect(done(wanted, at, changes)).toEqual(['b']);
  expect(done()).not.toContain('a');
});

test.each([
  ['the same span', hour, hour],
  ['the same moment', 0, hour],
])('%s is the same expiry', async (_, moved, at) => {
  const { open, done } = record();
  const fleet = open({ ...selection, expires: start });
  fleet.note('a');
  await fleet.close({ isWhole: false });
  expect(done({ ...selection, expires: start + moved }, at)).toEqual(['a']);
  expect(done({ ...selection, expires: start + moved + 1000 + at }, at)).toEqual([]);
  expect(done({ ...selection, expires: null }, at)).toEqual([]);
});

test('half a line is no line, and the next one counts', async () => {
  const { path, open, done } = record();
  await stopped(open, 'a');
  appendFileSync(path, '\n"b');
  expect(done()).toEqual(['a']);
  await stopped(open, 'c');
  expect(done()).toEqual(['a', 'c']);
});

test.each(['', 'null', '{"version":2}', 'x'.repeat(100), '\0\0'])('%j is no record', async (text) => {
  const { path, open, done } = record();
  await stopped(open, 'a');
  writeFileSync(path, `${text}\n${readFileSync(path, 'utf8')}`);
  expect(done()).toEqual([]);
  await stopped(open, 'b');
  expect(done()).toEqual(['b']);
});

test('a file that others can write does not count', async () => {
  const { path, open, done } = record();
  await stopped(open, 'a');
  chmodSync(path, 0o622);
  expect(done()).toEqual([]);
});

test('what cannot be written is said once', async () => {
  const { path, open, warnings } = record();
  mkdirSync(path, { recursive: true });
  await stopped(open, 'a', 'b', 'c');
  expect(warnings).toEqual([expect.stringContaining(`${path} could not be written`)]);
});

test('a run that another one has replaced adds nothing to it, and leaves it alone', async () => {
  const { open, done } = record();
  const first = open();
  first.note('a');
  const other = { ...selection, terms: '["exec:other {name}"]' };
  const second = open(other);
  second.note('b');
  first.note('c');
  await first.close({ isWhole: true });
  expect(done(other)).toEqual(['b']);
});

test('two commands of one run add to one record', async () => {
  const { open, done } = record();
  const [first, second] = [open(), open()];
  first.note('a');
  second.note('b');
  expect(done()).toEqual(['a', 'b']);
  await first.close({ isWhole: false });
  await second.close({ isWhole: false });
});
