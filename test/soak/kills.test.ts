import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { KeyWorld } from '../support/key-worlds.ts';
import { embeddedWorld, quirkyWorld, servedWorld } from '../support/key-worlds.ts';
import type { Keyring } from '../support/keyring.ts';
import { startKeyring } from '../support/keyring.ts';
import type { Moment } from '../support/killing.ts';
import { inParallel, runKilled } from '../support/killing.ts';
import { keyringParts, lacks } from '../support/real-parts.ts';
import { printMatrix, randomOf, rounds } from '../support/rounds.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * Creates and rotations at APIs of every kind, killed with SIGKILL at each step and at random moments, with and without
 * an escrow. No sink is left with a key that does not work while another one did, no key is left unreported, and no other
 * key is revoked. What keys cannot know, it reports (exit code 5).
 */

const slow = 900_000;

interface Api {
  open: (box: Sandbox, escrow: object) => Promise<KeyWorld>;
  /** The old secret stops working as soon as the API has a new one: hence --allow-downtime. */
  rotatesInPlace?: true;
  /** It allows one key, so there are no others. */
  single?: true;
  /** It revokes the old key before it creates the new one, and so only with an escrow. */
  revokesFirst?: true;
  /** Milliseconds before it accepts a new key. */
  lagsBy?: number;
}

const apis: Readonly<Record<string, Api>> = {
  embedded: { open: embeddedWorld },
  'keys serve': { open: servedWorld },
  'an API like most': { open: (box, escrow) => quirkyWorld(box, escrow, {}) },
  'without names': { open: (box, escrow) => quirkyWorld(box, escrow, { dropsNames: true }) },
  'lists cut at 100': { open: (box, escrow) => quirkyWorld(box, escrow, { cutsListAt: 100 }) },
  'lists only': { open: (box, escrow) => quirkyWorld(box, escrow, { hidesKeys: true }) },
  'rotates in place': {
    open: (box, escrow) => quirkyWorld(box, escrow, { rolls: true }),
    rotatesInPlace: true,
  },
  'one key, in place': {
    open: (box, escrow) => quirkyWorld(box, escrow, { rolls: true, single: true }),
    rotatesInPlace: true,
    single: true,
  },
  'one key, revoked first': {
    open: (box, escrow) => quirkyWorld(box, escrow, { single: true }),
    rotatesInPlace: true,
    single: true,
    revokesFirst: true,
  },
  'late, lists cut at 20, no ids': {
    open: (box, escrow) =>
      quirkyWorld(box, escrow, { takes: 200, lagsBy: 1200, cutsListAt: 20, tellsNoId: true }),
    lagsBy: 1200,
  },
  'slow, ahead by an hour': {
    open: (box, escrow) => quirkyWorld(box, escrow, { takes: 300, clockAhead: 3_600_000 }),
  },
};

const sinks = {
  'file:': ['file:key'],
  'env:': ['env:.env#API_KEY'],
  'exec:': ['exec:deliver ci'],
  'file: and exec:': ['file:key', 'exec:deliver ci'],
} as const;
type Places = keyof typeof sinks;

interface Row {
  what: string;
  kills: number;
  done: number;
  /** Operations of which recovery reported that it cannot know. */
  told: number;
  lost: number;
  orphaned: number;
  outages: number;
  wrong: number;
}

const matrix: Row[] = [];

afterAll(() => printMatrix(matrix));

interface Scene extends Api {
  verb: 'create' | 'rotate';
  /** A killed rotation is resumed by the same command instead of `recover`. */
  again?: true;
  places: Places;
  escrow: 'none' | 'file' | Keyring;
}

/** How to run a command that is not killed: in this process, unless a real keyring takes part. */
function runnerOf({ escrow }: Pick<Scene, 'escrow'>): 'keys' | 'program' {
  return typeof escrow === 'object' ? 'program' : 'keys';
}

/** One operation, killed and then recovered; adds to the row what became of the keys and sinks. */
async function survive(scene: Scene, moment: Moment, row: Row): Promise<void> {
  const stage = await setStage(scene);
  const { box, env, works } = stage;
  const { verb, rotatesInPlace } = scene;
  const command = commandOf(scene, stage);
  const countOutage = async () => {
    if (verb === 'rotate' && !rotatesInPlace && !(await works())) row.outages += 1;
  };

  const run = await runKilled(box, command, moment, { env });
  if (run.wasKilled) row.kills += 1;
  else row.done += 1;
  // On a busy machine a delivery can time out.
  if (!run.wasKilled) expect([0, 5], run.stderr).toContain(run.exit);
  await countOutage();
  if (scene.again && run.wasKilled) {
    const { exit, stderr } = await box.program(command, { env });
    // 2: the rotation is complete; 3: the old key is gone.
    expect([0, 2, 3, 5], stderr).toContain(exit);
  }
  const recovery = await box[runnerOf(scene)](['recover', '--all', '--yes', '--json'], { env });
  expect([0, 5], recovery.stderr).toContain(recovery.exit);
  await countOutage();
  await judge(scene, stage, recovery.exit === 5, row);
}

/** The surroundings of one kill: the API, the escrow and the sinks. */
async function setStage({ open, verb, places, escrow, single, lagsBy = 0 }: Scene) {
  const box = new Sandbox();
  const vendors = new StandIns().add('deliver');
  box.expectSecretIn('key');
  box.expectSecretIn('.env');
  if (escrow === 'file') box.expectEscrow();
  const world = await open(box, escrow === 'file' ? { escrow } : {});
  const keyring = typeof escrow === 'object' ? escrow.env : {};
  const env = { ...keyring, ...world.env, PATH: `${vendors.folder}:${process.env.PATH}` };
  const to = sinks[places].flatMap((one) => ['--to', one]);
  if (!single) await world.addOther('web');
  const others = await world.live();
  if (verb === 'rotate') {
    const made = await box[runnerOf({ escrow })](['create', 'ci', ...to, '--json'], { env });
    expect(made.exit, made.stderr).toBe(0);
    await sleep(lagsBy);
  }
  const values = () => valuesIn(box, vendors);
  const works = async () => (await Promise.all(values().map(world.works))).every(Boolean);
  return { box, world, env, to, others, values, works };
}

type Stage = Awaited<ReturnType<typeof setStage>>;

function commandOf({ verb, rotatesInPlace }: Scene, { world, values, to }: Stage): string[] {
  const reference = world.idOf(values()[0] ?? '') ?? 'ci';
  const args = verb === 'create' ? ['create', 'ci', ...to] : ['rotate', reference, '--grace', '0', ...to];
  return [...args, ...(rotatesInPlace ? ['--allow-downtime'] : []), '--timeout', '8s'];
}

/** Counts what is wrong after the recovery; `isTold`: the recovery reported that it cannot know. */
async function judge({ verb }: Scene, stage: Stage, isTold: boolean, row: Row): Promise<void> {
  const { box, world, others, values, works } = stage;
  const live = await world.live();
  const own = live.filter((id) => !others.includes(id));
  if (others.some((id) => !live.includes(id)) || (verb === 'rotate' && own.length === 0)) row.wrong += 1;
  if (isTold) {
    row.told += 1;
    return;
  }
  if (!(await works())) row.lost += 1;
  const held = new Set(values().map(world.idOf));
  if (own.some((id) => !held.has(id))) row.orphaned += 1;
  const escrowed = join(box.home, 'state', 'escrow');
  if (existsSync(escrowed)) expect(readdirSync(escrowed)).toEqual([]);
}

/** What a user finds in the sinks; for a program, the last value that it received. */
function valuesIn(box: Sandbox, vendors: StandIns): string[] {
  const text = (name: string) => {
    const path = join(box.cwd, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const delivered = vendors.calls.at(-1)?.stdin ?? '';
  return [text('key'), text('.env').replace('API_KEY=', '').replaceAll("'", ''), delivered]
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

/** A create has about as many steps as this, and every operation the first of them. */
const steps = 14;
const commonSteps = 5;

/** So many steps, chosen by the seed, of which the first is sure to come; and half as many random moments. */
function moments(random: () => number, count: number): Moment[] {
  const call = (most: number) => ({ call: 1 + Math.floor(random() * most) });
  return [
    call(commonSteps),
    ...Array.from({ length: count - 1 }, () => call(steps)),
    ...Array.from({ length: Math.floor(count / 2) }, () => ({ after: 60 + random() * 400 })),
  ];
}

type Escrow = Scene['escrow'];

/** Kills once for each moment; the moments take turns with the escrows and the sinks. */
async function kill(
  name: string,
  scene: Omit<Scene, 'places' | 'escrow'> & { escrows: readonly Escrow[] },
): Promise<void> {
  const { verb, escrows, again } = scene;
  const what = `${name}, ${verb}${again ? ' again' : ''}`;
  const random = randomOf(what);
  const row: Row = { what, kills: 0, done: 0, told: 0, lost: 0, orphaned: 0, outages: 0, wrong: 0 };
  const all = Object.keys(sinks) as Places[];
  const first = Math.floor(random() * all.length);
  const work = moments(random, rounds).map((moment, n) => [moment, first + n] as const);
  await inParallel(work, 3, async ([moment, n]) => {
    const places = all[n % all.length] ?? 'file:';
    const escrow = escrows[n % escrows.length] ?? 'none';
    await survive({ ...scene, places, escrow }, moment, row);
  });
  matrix.push(row);
  expect(row).toMatchObject({ lost: 0, orphaned: 0, outages: 0, wrong: 0 });
  expect(row.kills, 'a series in which no kill hit').toBeGreaterThan(0);
}

const verbs = ['create', 'rotate'] as const;
const escrows = ['none', 'file'] as const;

describe.skipIf(lacks('strace'))('killed, then recovered', { timeout: slow }, () => {
  test.for(Object.entries(apis))('%s', async ([name, api]) =>
    inParallel(verbs, 2, (verb) =>
      kill(name, { ...api, verb, escrows: api.revokesFirst ? ['file'] : escrows }),
    ),
  );
});

describe.skipIf(lacks('strace'))('killed, then run again', { timeout: slow }, () => {
  const names = ['embedded', 'keys serve', 'an API like most', 'one key, in place'];

  test.for(names)('%s', (name) =>
    kill(name, { ...(apis[name] as Api), verb: 'rotate', again: true, escrows }),
  );
});

describe.skipIf(lacks('strace', ...keyringParts))('with a real Secret Service', { timeout: slow }, () => {
  test.for(verbs)('%s', async (verb) => {
    const keyring = await startKeyring({ home: temporaryFolder() });
    await kill('embedded', { ...(apis.embedded as Api), verb, escrows: [keyring] });
  });
});
