import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startKeyring } from '../support/keyring.ts';
import type { KilledRun, Moment } from '../support/killing.ts';
import { inParallel, runKilled } from '../support/killing.ts';
import { keyringParts, lacks } from '../support/real-parts.ts';
import { printMatrix, randomOf, rounds } from '../support/rounds.ts';
import type { EscrowOf, Fate, Place } from '../support/sink-places.ts';
import { envOf, fateOf, keychainPlace, makeWorld, places } from '../support/sink-places.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * Every sink, killed with SIGKILL before each of its steps and at random moments: after `keys recover` each key is
 * delivered or revoked, and a secret is nowhere else.
 */

const slow = 600_000;
interface Row extends Fate {
  sink: string;
  kills: number;
  /** Runs that ended before they could be killed. */
  ended: number;
}

const matrix: Row[] = [];

afterAll(() => printMatrix(matrix));

interface Variant {
  place?: Place;
  escrow?: EscrowOf;
  /** When the first recoveries are killed. */
  recoveries?: readonly Moment[];
}

/** Creates a key for each moment, killed at that moment; recovers; then looks for every key. */
async function survive(
  sink: string,
  moments: readonly Moment[],
  { place = places[sink], escrow = 'file', recoveries = [] }: Variant = {},
): Promise<KilledRun[]> {
  if (!place) throw new Error(`no sink ${sink}`);
  const runs: KilledRun[] = [];
  const ended = new Set<string>();
  const world = makeWorld(moments.length, escrow, () => runs.map(({ stdout }) => stdout).join(''));
  const { box, keyring } = world;
  const env = envOf(world);

  await inParallel([...moments.entries()], 6, async ([n, moment]) => {
    const to = place.to(n).flatMap((one) => ['--to', one]);
    const options = { env, secretOnStdout: sink === 'stdout' };
    const run = await runKilled(box, ['create', `name-${n}`, ...to], moment, options);
    if (run.exit === 0) ended.add(`name-${n}`);
    runs.push(run);
  });
  let killedRecoveries = 0;
  for (const moment of recoveries) {
    const { wasKilled } = await runKilled(box, ['recover', '--all', '--yes'], moment, { env });
    if (wasKilled) killedRecoveries += 1;
  }
  // Clients that were killed during their calls may have crashed the service as well.
  await keyring?.restart();
  const recovery = await box[keyring ? 'program' : 'keys'](['recover', '--all', '--yes', '--json'], { env });
  // Without an escrow, a key that may be in a sink that cannot be read is reported and kept.
  expect(escrow === 'none' ? [0, 5] : [0], recovery.stderr).toContain(recovery.exit);
  expect(recovery.stderr).not.toContain('error');
  const outcomes = JSON.parse(recovery.stdout) as { outcome: string; id?: string; operation: string }[];
  const open = outcomes.filter(({ outcome }) => outcome === 'open');
  const left = (folder: string) => {
    const path = join(box.home, 'state', folder);
    // If every run was killed early, the folder does not exist.
    return existsSync(path) ? readdirSync(path) : [];
  };
  const operations = left('operations').filter((name) => !name.endsWith('.lock'));
  expect(operations.sort()).toEqual(open.map(({ operation }) => `${operation}.jsonl`).sort());
  if (escrow === 'file') expect(left('escrow')).toEqual([]);
  if (keyring) expect(keyring.run(['secret-tool', 'search', '--all', 'service', 'keys-cli-escrow'])).toBe('');
  expect(existsSync(join(box.cwd, '.keys-tmp', 'new'))).toBe(false);

  const kills = runs.filter(({ wasKilled }) => wasKilled).length + killedRecoveries;
  const kept = { none: ', no escrow', file: '' }[String(escrow)] ?? ', keyring';
  const reported = open.flatMap(({ id }) => id ?? []);
  const again = recoveries.length > 0 ? ', twice' : '';
  const row = {
    sink: sink + kept + again,
    kills,
    ended: ended.size,
    ...(await fateOf(world, place, { promised: ended, reported })),
  };
  matrix.push(row);
  expect(row).toMatchObject({ lost: 0, orphaned: 0, leaked: 0 });
  return runs;
}

/** A call that no create reaches. */
const never = 1000;

/** A create that waits for a lock makes more calls, so one moment is past the end of all. */
const calls = [...Array.from({ length: 14 }, (_, index) => ({ call: index + 1 })), { call: never }];

/** Some runs were killed, at least at the five syncs of a create without an escrow, and some were not: no step was left out. */
function reachedAllSteps(runs: readonly KilledRun[]): void {
  expect(runs.filter(({ wasKilled }) => wasKilled).length).toBeGreaterThanOrEqual(5);
  expect(runs.filter(({ exit }) => exit === 0).length).toBeGreaterThan(0);
}

function randomMoments(name: string): Moment[] {
  const random = randomOf(name);
  return Array.from({ length: rounds }, () => ({ after: 30 + random() * 250 }));
}

/**
 * What test/e2e/kill-matrix.test.ts kills in one process; "github:" is here for all of them. What clears the clipboard
 * lives for 45 s, and strace with it.
 */
const notTraced = ['gitlab:', 'vault:', 'kubernetes:', 'aws-secretsmanager:', 'clipboard'];

describe.skipIf(lacks('strace'))('killed before each step', { timeout: slow }, () => {
  test.for(Object.keys(places).filter((sink) => !notTraced.includes(sink)))('%s', async (sink) => {
    reachedAllSteps(await survive(sink, calls));
  });

  test.for(['file:', 'exec:', 'stdout'])('%s, without an escrow', async (sink) => {
    reachedAllSteps(await survive(sink, calls, { escrow: 'none' }));
  });

  test.for(['file:', 'env:', 'exec:'])('%s, and the recovery as well', async (sink) => {
    const recoveries = calls.filter((_, index) => index % 2 === 0);
    reachedAllSteps(await survive(sink, calls, { recoveries }));
  });
});

describe('killed at random moments', { timeout: slow }, () => {
  test.for(Object.keys(places))('%s', async (sink) => {
    await survive(sink, randomMoments(sink));
  });

  test.for(['file:', 'exec:'])('%s, without an escrow', async (sink) => {
    await survive(sink, randomMoments(`${sink}, no escrow`), { escrow: 'none' });
  });
});

describe.skipIf(lacks('strace', ...keyringParts))('with a real Secret Service', { timeout: slow }, () => {
  test.for(['file:', 'keychain:'])('%s, killed before each step and at random moments', async (sink) => {
    const keyring = await startKeyring({ home: temporaryFolder() });
    const place = sink === 'keychain:' ? keychainPlace : places[sink];
    if (!place) throw new Error(`no sink ${sink}`);
    await survive(sink, [...calls, ...randomMoments(`${sink}, keyring`)], { escrow: keyring, place });
  });
});
