import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { withProfiles } from '../support/escrow.ts';
import type { Quirks } from '../support/key-api.ts';
import { KeyApi } from '../support/key-api.ts';
import type { Moment } from '../support/killing.ts';
import { inParallel, runKilled } from '../support/killing.ts';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { randomOf, rounds, seed } from '../support/seeded.ts';
import { StandIns } from '../support/stand-in.ts';

/*
 * Creates and rotations at APIs of every kind, killed with SIGKILL at each step and at random moments, with and without
 * an escrow. Whatever happens, no place is left with a value that does not work while another one did, no key is left
 * that nothing tells of, and no key of others is revoked. What cannot be known is told (5).
 */

const slow = 900_000;

const apis: Readonly<Record<string, Quirks>> = {
  'an API like most': {},
  'without names': { dropsNames: true },
  'lists cut at 100': { cutsListAt: 100 },
  'lists only': { hidesKeys: true },
  'rotates in place': { rolls: true },
  'one key, in place': { rolls: true, single: true },
  'slow, ahead by an hour': { takes: 300, clockAhead: 3_600_000 },
};

const sinks = {
  'file:': ['file:key'],
  'env:': ['env:.env#API_KEY'],
  'exec:': ['exec:deliver {name}'],
  'file: and exec:': ['file:key', 'exec:deliver {name}'],
} as const;
type Places = keyof typeof sinks;

interface Row {
  what: string;
  kills: number;
  done: number;
  /** Where recovery said that it cannot know. */
  told: number;
  lost: number;
  orphaned: number;
  outages: number;
  wrong: number;
}

const matrix: Row[] = [];

afterAll(() => {
  const titles = Object.keys(matrix[0] ?? {});
  const lines = [titles, ...matrix.map((row) => Object.values(row).map(String))];
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(58) : text.padStart(9));
  process.stdout.write(`seed ${seed}\n${lines.map((cells) => cells.map(pad).join(' ')).join('\n')}\n`);
});

interface Scene {
  quirks: Quirks;
  verb: 'create' | 'rotate';
  places: Places;
  escrow: 'none' | 'file';
}

/** One operation, killed at a moment and then recovered; what became of keys and places is added to the row. */
async function survive({ quirks, verb, places, escrow }: Scene, moment: Moment, row: Row): Promise<void> {
  const box = new Sandbox();
  const api = await KeyApi.start(quirks);
  const vendors = new StandIns().add('deliver');
  box.expectSecretIn('key');
  box.expectSecretIn('.env');
  if (escrow === 'file') box.expectEscrow();
  mkdirSync(join(box.home, 'config', 'providers'), { recursive: true });
  const options = { mode: 0o600 };
  writeFileSync(
    join(box.home, 'config', 'providers', 'quirky.json'),
    JSON.stringify(api.declaration),
    options,
  );
  withProfiles(box, {
    work: { provider: 'quirky', url: api.url, ...(escrow === 'file' && { escrow }) },
  });
  const PATH = `${vendors.folder}:${process.env.PATH}`;
  const env = { PATH, KEYS_PROFILE: 'work', KEYS_TOKEN: 'tok-EXAMPLE' };
  const to = sinks[places].flatMap((one) => ['--to', one]);
  const others = quirks.single ? [] : strangersAt(api, quirks);

  const downtime = quirks.rolls ? ['--allow-downtime'] : [];
  if (verb === 'rotate') {
    const made = await box.program(['create', 'ci', ...to, '--json'], { env });
    expect(made.exit, made.stderr).toBe(0);
  }
  const before = api.keys.filter((key) => !others.includes(key.id));
  const reference = before[0]?.id ?? 'ci';
  const args = verb === 'create' ? ['create', 'ci', ...to] : ['rotate', reference, '--grace', '0', ...to];
  const run = await runKilled(box, [...args, ...downtime, '--timeout', '1s'], moment, { env });
  if (run.wasKilled) row.kills += 1;
  else row.done += 1;
  const values = () => valuesIn(box, vendors);
  const works = () => values().every((value) => api.works(value));
  // In place, the old value is dead before anything else can have it: that is what --allow-downtime says.
  if (verb === 'rotate' && !quirks.rolls && !works()) row.outages += 1;

  const recovery = await box.program(['recover', '--all', '--yes', '--json'], { env });
  expect([0, 5], recovery.stderr).toContain(recovery.exit);
  const isTold = recovery.exit === 5;
  if (isTold) row.told += 1;
  if (!works() && !isTold) row.lost += 1;
  if (verb === 'rotate' && !works() && !quirks.rolls) row.outages += 1;
  const held = new Set(values());
  const orphans = api.keys.filter((key) => !others.includes(key.id) && !held.has(key.secret));
  if (orphans.length > 0 && !isTold) row.orphaned += 1;
  if (others.some((id) => !api.keys.some((key) => key.id === id))) row.wrong += 1;
  if (verb === 'rotate' && !api.keys.some((key) => !others.includes(key.id))) row.wrong += 1;
  const escrowed = join(box.home, 'state', 'escrow');
  if (!isTold && existsSync(escrowed)) expect(readdirSync(escrowed)).toEqual([]);
}

/** Keys of others, of the same name too where names tell keys apart; made long ago, and a moment ago. */
function strangersAt(api: KeyApi, { cutsListAt = 3 }: Quirks): string[] {
  const names = Array.from({ length: cutsListAt }, (_, n) => api.add(`other-${n}`, { ago: 86_400_000 }));
  return [...names, api.add('web')].map(({ id }) => id);
}

/** What whoever uses the places would find there; for a program, the last that it was given. */
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

const steps: readonly Moment[] = Array.from({ length: 26 }, (_, n) => ({ call: n + 1 }));

/** So many of the steps, chosen by the seed, and so many random moments. */
function moments(random: () => number, count: number): Moment[] {
  const chosen = [...steps].sort(() => random() - 0.5).slice(0, count);
  return [...chosen, ...Array.from({ length: Math.ceil(count / 3) }, () => ({ after: 60 + random() * 400 }))];
}

describe.skipIf(lacks('strace'))('killed, then recovered', { timeout: slow }, () => {
  const scenes = Object.entries(apis).flatMap(([name, quirks]) =>
    (['create', 'rotate'] as const).flatMap((verb) =>
      (['none', 'file'] as const).map((escrow) => [name, verb, escrow, quirks] as const),
    ),
  );

  test.for(scenes)('%s: %s, escrow %s', async ([name, verb, escrow, quirks]) => {
    const random = randomOf(`${name} ${verb} ${escrow}`);
    const all = Object.keys(sinks) as Places[];
    const what = `${name}, ${verb}, ${escrow === 'none' ? 'no escrow' : 'escrow'}`;
    const row: Row = { what, kills: 0, done: 0, told: 0, lost: 0, orphaned: 0, outages: 0, wrong: 0 };
    const work = moments(random, 6 * rounds).map((moment, n) => [moment, all[n % all.length]] as const);
    await inParallel(work, 3, async ([moment, places = 'file:']) =>
      survive({ quirks, verb, places, escrow }, moment, row),
    );
    matrix.push(row);
    expect(row).toMatchObject({ lost: 0, orphaned: 0, outages: 0, wrong: 0 });
  });
});
