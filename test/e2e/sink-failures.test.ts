import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startKeyring } from '../support/keyring.ts';
import { cannotMount, keyringParts, lacks } from '../support/real-parts.ts';
import type { Run, Sandbox } from '../support/sandbox.ts';
import { program } from '../support/sandbox.ts';
import type { EscrowOf, Place, World } from '../support/sink-places.ts';
import { envOf, fateOf, keychainPlace, makeWorld, places } from '../support/sink-places.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * Every sink, failing in every possible way: the key is delivered, or its secret waits and is delivered after the fault
 * is fixed, or the key is revoked, or no key is created.
 */

const slow = 120_000;

/** How to cause one failure, and how to fix it. */
interface Case {
  /** A place other than the sink's own. */
  place?: Place;
  env?: Record<string, string | undefined>;
  /** Instead of `--json`. */
  flags?: readonly string[];
  /** A process of the built program creates the key; else this one does. */
  isBuilt?: boolean;
  /** Stdout is a pipe without a reader. */
  hasNoReader?: boolean;
  before?: (world: World) => void;
  fix?: (world: World) => void | Promise<void>;
}

type Fails = (world: World) => Case;

const row: Record<string, Record<string, string>> = {};

afterAll(() => {
  const columns = [...new Set(Object.values(row).flatMap((cells) => Object.keys(cells)))];
  const lines = Object.entries(row).map(([sink, cells]) => [
    sink,
    ...columns.map((column) => cells[column] ?? '-'),
  ]);
  const pad = (text: string, at: number) => text.padEnd(at === 0 ? 21 : 18);
  process.stdout.write(
    `${[['sink', ...columns], ...lines].map((cells) => cells.map(pad).join('')).join('\n')}\n`,
  );
});

/** Runs one case and returns what became of the key. */
async function outcomeOf(
  sink: string,
  fails: Fails,
  { escrow = 'file' as EscrowOf, sinkPlace = places[sink] as Place } = {},
): Promise<string> {
  const printed: string[] = [];
  const world = makeWorld(1, escrow, () => printed.join(''));
  const { box } = world;
  const {
    place = sinkPlace,
    env: changes,
    flags = ['--json'],
    isBuilt,
    hasNoReader,
    before,
    fix,
  } = fails(world);
  box.expectSecretIn('sub/key-0');
  box.expectSecretIn('sub/.env');
  const env = { ...envOf(world), ...changes };
  const secretOnStdout = sink === 'stdout';
  before?.(world);

  const to = place.to(0).flatMap((one) => ['--to', one]);
  const args = ['create', 'name-0', ...to, ...flags];
  const create = hasNoReader
    ? await runWithoutReader(world, args, env)
    : await box[isBuilt ? 'program' : 'keys'](args, { env, secretOnStdout });
  printed.push(create.stdout);
  expect([0, 1, 2, 4, 5], create.stderr).toContain(create.exit);
  await fix?.(world);
  const waited = create.exit === 5;
  if (waited) {
    const operation = /keys recover (\w+)/.exec(create.stderr)?.[1] ?? '';
    const recover = ['recover', operation, ...(sink === 'stdout' ? ['--json'] : [])];
    const run = await box.keys(recover, { env: envOf(world), secretOnStdout });
    expect(run, run.stderr).toMatchObject({ exit: 0 });
    printed.push(run.stdout);
  }
  expect((await box.keys(['recover', '--list', '--json'])).stdout).toBe('[]\n');

  const fate = await fateOf(world, place, { promised: create.exit === 0 ? ['name-0'] : [], reported: [] });
  expect(fate).toMatchObject({ lost: 0, orphaned: 0, leaked: 0 });
  if (fate.delivered > 0) return waited ? 'waits, delivered' : 'delivered';
  expect(create.exit).not.toBe(0);
  return fate.revoked > 0 ? 'revoked' : 'not created';
}

/** A run whose stdout is a pipe without a reader. */
async function runWithoutReader({ box }: World, args: readonly string[], env: Case['env']): Promise<Run> {
  const line = `exec 3> >(true); wait $!; "$@" >&3`;
  return box.command(['bash', '-c', line, 'bash', process.execPath, program, ...args], { env: env ?? {} });
}

/** A place below the folder `sub`, which another sink changes first. */
function afterAnother(first: string, to: string, file: string): Place {
  return {
    to: () => [first, to],
    holds: ({ box }) => contentsOf(box, file),
  };
}

function contentsOf({ cwd }: Sandbox, file: string): string[] {
  const path = join(cwd, file);
  return [existsSync(path) ? readFileSync(path, 'utf8') : ''];
}

const noPrograms: Fails = () => ({ env: { PATH: temporaryFolder() } });

/** The vendor's program fails and repeats its input. */
function refuses(name: string, calls: RegExp): Fails {
  return () => ({
    before: ({ vendors }) =>
      void vendors.add(name, { args: calls, code: 1, stderr: 'refused: $STDIN' }, { code: 1 }),
    fix: ({ vendors }) => void vendors.add(name, { args: /get|-out/, code: 1 }),
  });
}

/** The folder is removed between the check and the delivery. */
function folderGone(to: string, file: string): Fails {
  return ({ box }) => ({
    place: afterAnother('exec:rm -r sub', to, file),
    before: () => void mkdirSync(join(box.cwd, 'sub')),
    fix: () => void mkdirSync(join(box.cwd, 'sub')),
  });
}

/** The disk is full from the start, or another sink fills it between the check and the delivery. */
function diskFull(to: string, file: string): (isLate: boolean) => Fails {
  const filling = `exec:sh -c 'cat >/dev/null; dd if=/dev/zero of=sub/ballast bs=4k; true'`;
  return (isLate) =>
    ({ box }) => {
      const disk = mountSmallDisk(join(box.cwd, 'sub'));
      return {
        place: isLate
          ? afterAnother(filling, to, file)
          : { to: () => [to], holds: () => contentsOf(box, file) },
        ...(!isLate && { before: () => disk.fill() }),
        fix: () => disk.free(),
      };
    };
}

interface Failures {
  /** Fails before a key is created. */
  check: Fails;
  deliver?: Fails;
  full?: (isLate: boolean) => Fails;
}

const failures: Record<string, Failures> = {
  'file:': {
    check: () => ({ place: { to: () => ['file:missing/key-0'], holds: () => [] } }),
    deliver: folderGone('file:sub/key-0', 'sub/key-0'),
    full: diskFull('file:sub/key-0', 'sub/key-0'),
  },
  'env:': {
    check: ({ box }) => ({ before: () => writeFileSync(join(box.cwd, '.env'), 'KEY_0=a\nKEY_0=b\n') }),
    deliver: folderGone('env:sub/.env#KEY_0', 'sub/.env'),
    full: diskFull('env:sub/.env#KEY_0', 'sub/.env'),
  },
  'login:': { check: () => ({ place: { to: () => ['login:nobody'], holds: () => [] } }) },
  'exec:': { check: noPrograms, deliver: refuses('deliver', /./) },
  clipboard: { check: noPrograms, deliver: refuses('xclip', /^(?!.*-out)/) },
  'github:': { check: noPrograms, deliver: refuses('gh', /secret set/) },
  'gitlab:': { check: noPrograms, deliver: refuses('glab', /variable set/) },
  'vault:': { check: noPrograms, deliver: refuses('vault', /kv (?:put|patch)/) },
  'kubernetes:': { check: noPrograms, deliver: refuses('kubectl', /^apply/) },
  'aws-secretsmanager:': { check: noPrograms, deliver: refuses('aws', /put-secret|create-secret/) },
  stdout: { check: () => ({ flags: [], place: { to: () => [], holds: () => [] } }) },
};

/** Records what became of the key and compares it. */
async function expectOutcome(
  sink: string,
  column: string,
  outcome: Promise<string>,
  expected: string,
): Promise<void> {
  const actual = await outcome;
  row[sink] = { ...row[sink], [column]: actual };
  expect(actual, `${sink} ${column}`).toBe(expected);
}

const nothing: Fails = () => ({ isBuilt: true });

describe.each(Object.entries(failures))('%s', { timeout: slow }, (sink, { check, deliver, full }) => {
  test('succeeds', () => expectOutcome(sink, 'succeeds', outcomeOf(sink, nothing), 'delivered'));

  test('fails at check', () => expectOutcome(sink, 'check fails', outcomeOf(sink, check), 'not created'));

  if (deliver) {
    test('fails at deliver', () =>
      expectOutcome(sink, 'deliver fails', outcomeOf(sink, deliver), 'waits, delivered'));

    test('fails at deliver, without an escrow', () =>
      expectOutcome(sink, '.. no escrow', outcomeOf(sink, deliver, { escrow: 'none' }), 'revoked'));
  }

  if (full) {
    test.skipIf(cannotMount())('onto a full disk', () =>
      expectOutcome(sink, 'disk full', outcomeOf(sink, full(false)), 'waits, delivered'),
    );

    test.skipIf(cannotMount())('onto a disk that fills up', () =>
      expectOutcome(sink, '.. later', outcomeOf(sink, full(true)), 'waits, delivered'),
    );
  }

  test.skipIf(cannotMount())('with the disk of KEYS_HOME full', () => {
    const homeFull: Fails = ({ box }) => ({ before: () => mountSmallDisk(box.home).fill() });
    return expectOutcome(sink, 'home full', outcomeOf(sink, homeFull, { escrow: 'none' }), 'not created');
  });

  test('stdout has no reader', () => {
    const expected = sink === 'stdout' ? 'waits, delivered' : 'delivered';
    return expectOutcome(
      sink,
      'broken pipe',
      outcomeOf(sink, () => ({ hasNoReader: true })),
      expected,
    );
  });
});

describe.skipIf(lacks(...keyringParts))('keychain:', { timeout: slow }, () => {
  const lock = [
    'exec:dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets',
    'org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login',
  ].join(' ');

  test.each<[column: string, fails: Fails, expected: string]>([
    ['succeeds', nothing, 'delivered'],
    ['check fails', ({ keyring }) => ({ before: () => keyring?.lock() }), 'not created'],
    [
      'deliver fails',
      ({ keyring }) => ({
        place: { ...keychainPlace, to: () => [lock, 'keychain:key-0'] },
        fix: () => keyring?.restart(),
      }),
      'waits, delivered',
    ],
    ['broken pipe', () => ({ hasNoReader: true }), 'delivered'],
  ])('%s', async (column, fails, expected) => {
    const escrow = await startKeyring({ home: temporaryFolder() });
    await expectOutcome(
      'keychain:',
      column,
      outcomeOf('keychain:', fails, { escrow, sinkPlace: keychainPlace }),
      expected,
    );
  });
});
