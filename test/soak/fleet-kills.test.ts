import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Quirks } from '../support/key-api.ts';
import type { KeyWorld } from '../support/key-worlds.ts';
import { embeddedWorld, quirkyWorld, servedWorld } from '../support/key-worlds.ts';
import type { Ending } from '../support/killing.ts';
import { inParallel, runKilled } from '../support/killing.ts';
import { printMatrix, randomOf, rounds } from '../support/rounds.ts';
import { Sandbox } from '../support/sandbox.ts';

/*
 * Rotations of many keys, ended at random moments in every way, run and ended again, then recovered by recoveries, the
 * first of which are killed. The sink's program can outlive the command and can fail. No sink is left with a key that
 * does not work, no key is left unreported, and no other key is changed.
 */

const slow = 900_000;
/** Stores its input at once, after a pause; one in $FAILS times it fails instead. */
const store = `
value=$(cat)
[ -z "$AT_ONCE" ] && sleep "0.$(( $$ % 4 ))"
[ -n "$FAILS" ] && [ $(( $$ % FAILS )) = 0 ] && exit 1
printf %s "$value" > "places/.$1.$$" && mv "places/.$1.$$" "places/$1"
`;

const endings: readonly Ending[] = [
  'SIGKILL',
  'SIGKILL',
  'SIGABRT',
  'SIGTERM',
  'SIGHUP',
  'SIGINT',
  'stopped',
];

interface Fleet {
  /** The number of keys. */
  size: number;
  open: (box: Sandbox, escrow: object) => Promise<KeyWorld>;
  fails?: number;
}

const quirky = (quirks: Quirks) => (box: Sandbox, escrow: object) => quirkyWorld(box, escrow, quirks);

const fleets: Readonly<Record<string, Fleet>> = {
  embedded: { size: 10, open: embeddedWorld },
  'keys serve': { size: 8, open: servedWorld },
  'an API like most': { size: 20, open: quirky({}) },
  'an API that lists whole keys': { size: 20, open: quirky({ listsWhole: true }) },
  'a program that fails': { size: 10, open: quirky({}), fails: 5 },
  'slow, and shows late': { size: 8, open: quirky({ takes: 200, lagsBy: 400 }) },
  'lists only, uses ids again': { size: 8, open: quirky({ hidesKeys: true, reusesIds: true }) },
  'clock behind': { size: 8, open: quirky({ clockAhead: -7_200_000 }) },
};

interface Row {
  fleet: string;
  rounds: number;
  /** Runs that were ended early. */
  ended: number;
  done: number;
  told: number;
  lost: number;
  orphaned: number;
  outages: number;
  wrong: number;
}

/** Rotations of one fleet, if none of the first three was ended. */
const maxRounds = 10;

const matrix: Row[] = [];

afterAll(() => printMatrix(matrix));

async function survive(
  { open: start, size, fails }: Fleet,
  escrow: 'file' | 'none',
  random: () => number,
  row: Row,
) {
  const names = Array.from({ length: size }, (_, n) => `app-${n}`);
  const box = new Sandbox();
  if (escrow === 'file') box.expectEscrow();
  const world = await start(box, escrow === 'file' ? { escrow } : {});
  mkdirSync(join(box.cwd, 'places'));
  writeFileSync(join(box.cwd, 'store.sh'), store);
  for (const name of names) box.expectSecretIn(`places/${name}`);
  const to = ['--to', 'exec:sh store.sh {name}'];
  const stranger = await world.addOther('web');
  for (const name of names) {
    const made = await box.keys(['create', name, ...to], { env: { ...world.env, AT_ONCE: '1' } });
    expect(made.exit, made.stderr).toBe(0);
  }
  const values = () => names.map((name) => box.read(`places/${name}`));
  const outages = async () => {
    const works = await Promise.all(values().map(world.works));
    return works.filter((one) => !one).length;
  };
  const env = { ...world.env, ...(fails && { FAILS: String(fails) }) };
  const rotate = ['rotate', ...names, '--grace', '0', '--timeout', '5s', ...to];
  // A fleet that ended before it was stopped shows how long it takes: the next one is stopped sooner.
  let spanMs = 2400;
  for (let round = 0; round < 3 || (row.ended === 0 && round < maxRounds); round++) {
    const ending = endings[Math.floor(random() * endings.length)] ?? 'SIGKILL';
    const startedMs = performance.now();
    const run = await runKilled(box, rotate, { after: spanMs * (0.15 + 0.85 * random()) }, { env, ending });
    expect(run.exit, run.stderr).not.toBe(2);
    if (run.wasKilled || run.exit !== 0) row.ended += 1;
    else {
      row.done += 1;
      spanMs = Math.min(spanMs, 0.6 * (performance.now() - startedMs));
    }
    row.outages += await outages();
  }
  for (let round = 0; round < 2; round++) {
    const recover = ['recover', '--all', '--yes'];
    const run = await runKilled(box, recover, { after: 250 + random() * 500 }, { env });
    if (run.wasKilled) row.ended += 1;
    row.outages += await outages();
  }
  // Programs that were left running have ended.
  await new Promise((resume) => setTimeout(resume, 500));
  // The sink's program does not fail from now on.
  const recovery = await box.keys(['recover', '--all', '--yes', '--json'], { env: world.env });
  expect([0, 5], recovery.stderr).toContain(recovery.exit);
  const rows = JSON.parse(recovery.stdout) as { name: string; outcome: string }[];
  const open = new Set(rows.filter(({ outcome }) => outcome === 'open').map(({ name }) => name));
  expect(recovery.exit).toBe(open.size > 0 ? 5 : 0);
  row.told += open.size;
  row.lost += await outages();
  const held = new Set(values().map(world.idOf));
  const listing = await box.keys(['list', '--status', 'active', '--json'], { env: world.env });
  const keys = JSON.parse(listing.stdout) as { id: string; name: string }[];
  const isNowhere = (key: { id: string; name: string }) => !held.has(key.id) && !open.has(key.name);
  row.orphaned += keys.filter((key) => key.id !== stranger && isNowhere(key)).length;
  if (!(await world.live()).includes(stranger)) row.wrong += 1;
  if (open.size === 0) expect(keys).toHaveLength(names.length + 1);
}

describe('a fleet, ended in every way', { timeout: slow }, () => {
  /** A fleet mostly waits, so several share a test. */
  const names = Object.keys(fleets);
  test.for([names.slice(0, 4), names.slice(4)])('%s', (some) => inParallel(some, 4, killAll));

  async function killAll(name: string): Promise<void> {
    const random = randomOf(name);
    const row: Row = {
      fleet: name,
      rounds,
      ended: 0,
      done: 0,
      told: 0,
      lost: 0,
      orphaned: 0,
      outages: 0,
      wrong: 0,
    };
    for (let round = 0; round < rounds; round++) {
      await survive(fleets[name] as Fleet, random() < 0.5 ? 'file' : 'none', random, row);
    }
    matrix.push(row);
    expect(row).toMatchObject({ lost: 0, orphaned: 0, outages: 0, wrong: 0 });
    expect(row.ended, 'a fleet that nothing has ended').toBeGreaterThan(0);
  }
});
