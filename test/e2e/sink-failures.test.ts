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
 * Every sink, failing in every way that it can: the key is delivered, or its secret waits and is delivered once the cause
 * is gone, or the key is revoked, or none was made.
 */

const slow = 120_000;

/** How one way to fail is brought about, and mended. */
interface Case {
  /** Other places than those of the sink, and where to look for what they hold. */
  place?: Place;
  env?: Record<string, string | undefined>;
  /** Instead of `--json`. */
  flags?: readonly string[];
  /** Nobody reads stdout any more. */
  deafReader?: boolean;
  before?: (world: World) => void;
  mend?: (world: World) => void | Promise<void>;
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

/** Runs one case, and gives back what became of the key. */
async function outcomeOf(
  sink: string,
  fails: Fails,
  { escrow = 'file' as EscrowOf, sinkPlace = places[sink] as Place } = {},
): Promise<string> {
  const printed: string[] = [];
  const world = makeWorld(1, escrow, () => printed.join(''));
  const { box } = world;
  const { place = sinkPlace, env: changes, flags = ['--json'], deafReader, before, mend } = fails(world);
  box.expectSecretIn('sub/key-0');
  box.expectSecretIn('sub/.env');
  const env = { ...envOf(world), ...changes };
  const secretOnStdout = sink === 'stdout';
  before?.(world);

  const to = place.to(0).flatMap((one) => ['--to', one]);
  const args = ['create', 'name-0', ...to, ...flags];
  const create = deafReader ? await deaf(world, args, env) : await box.program(args, { env, secretOnStdout });
  printed.push(create.stdout);
  expect([0, 1, 2, 4, 5], create.stderr).toContain(create.exit);
  await mend?.(world);
  const waited = create.exit === 5;
  if (waited) {
    const operation = /keys recover (\w+)/.exec(create.stderr)?.[1] ?? '';
    const recover = ['recover', operation, ...(sink === 'stdout' ? ['--json'] : [])];
    const run = await box.program(recover, { env: envOf(world), secretOnStdout });
    expect(run, run.stderr).toMatchObject({ exit: 0 });
    printed.push(run.stdout);
  }
  expect((await box.keys(['recover', '--list', '--json'])).stdout).toBe('[]\n');

  const fate = await fateOf(world, place, { promised: create.exit === 0 ? ['name-0'] : [], told: [] });
  expect(fate).toMatchObject({ lost: 0, orphaned: 0, leaked: 0 });
  if (fate.delivered > 0) return waited ? 'waits, delivered' : 'delivered';
  expect(create.exit).not.toBe(0);
  return fate.revoked > 0 ? 'revoked' : 'nothing made';
}

/** A run whose stdout is a pipe that nobody reads any more. */
async function deaf({ box }: World, args: readonly string[], env: Case['env']): Promise<Run> {
  const line = `exec 3> >(true); wait $!; "$@" >&3`;
  return box.command(['bash', '-c', line, 'bash', process.execPath, program, ...args], { env: env ?? {} });
}

/** As the sink's own places, below the folder `sub`, which another sink does something to first. */
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

/** The vendor's program says no, and repeats what it was told. */
function refuses(name: string, calls: RegExp): Fails {
  return () => ({
    before: ({ vendors }) =>
      void vendors.add(name, { args: calls, code: 1, stderr: 'refused: $STDIN' }, { code: 1 }),
    mend: ({ vendors }) => void vendors.add(name, { args: /get|-out/, code: 1 }),
  });
}

/** The folder goes away between the check and the delivery. */
function folderGone(to: string, file: string): Fails {
  return ({ box }) => ({
    place: afterAnother('exec:rm -r sub', to, file),
    before: () => void mkdirSync(join(box.cwd, 'sub')),
    mend: () => void mkdirSync(join(box.cwd, 'sub')),
  });
}

/** The disk is full from the beginning, or another sink fills it between the check and the delivery. */
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
        mend: () => disk.free(),
      };
    };
}

interface Failures {
  /** Found out before a key is made. */
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

/** Notes what became of the key, and says what should have. */
async function note(sink: string, column: string, outcome: Promise<string>, expected: string): Promise<void> {
  const found = await outcome;
  row[sink] = { ...row[sink], [column]: found };
  expect(found, `${sink} ${column}`).toBe(expected);
}

const nothing: Fails = () => ({});

describe.each(Object.entries(failures))('%s', { timeout: slow }, (sink, { check, deliver, full }) => {
  test('succeeds', () => note(sink, 'succeeds', outcomeOf(sink, nothing), 'delivered'));

  test('fails at check', () => note(sink, 'check fails', outcomeOf(sink, check), 'nothing made'));

  if (deliver) {
    test('fails at deliver', () => note(sink, 'deliver fails', outcomeOf(sink, deliver), 'waits, delivered'));

    test('fails at deliver, and nothing can wait', () =>
      note(sink, '.. no escrow', outcomeOf(sink, deliver, { escrow: 'none' }), 'revoked'));
  }

  if (full) {
    test.skipIf(cannotMount())('onto a full disk', () =>
      note(sink, 'disk full', outcomeOf(sink, full(false)), 'waits, delivered'),
    );

    test.skipIf(cannotMount())('onto a disk that gets full', () =>
      note(sink, '.. later', outcomeOf(sink, full(true)), 'waits, delivered'),
    );
  }

  test.skipIf(cannotMount())('with the disk of keys itself full', () => {
    const homeFull: Fails = ({ box }) => ({ before: () => mountSmallDisk(box.home).fill() });
    return note(sink, 'home full', outcomeOf(sink, homeFull, { escrow: 'none' }), 'nothing made');
  });

  test('nobody reads stdout', () => {
    const expected = sink === 'stdout' ? 'waits, delivered' : 'delivered';
    return note(
      sink,
      'broken pipe',
      outcomeOf(sink, () => ({ deafReader: true })),
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
    ['check fails', ({ keyring }) => ({ before: () => keyring?.lock() }), 'nothing made'],
    [
      'deliver fails',
      ({ keyring }) => ({
        place: { ...keychainPlace, to: () => [lock, 'keychain:key-0'] },
        mend: () => keyring?.restart(),
      }),
      'waits, delivered',
    ],
    ['broken pipe', () => ({ deafReader: true }), 'delivered'],
  ])('%s', async (column, fails, expected) => {
    const escrow = await startKeyring({ home: temporaryFolder() });
    await note(
      'keychain:',
      column,
      outcomeOf('keychain:', fails, { escrow, sinkPlace: keychainPlace }),
      expected,
    );
  });
});
