import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { refusedKeys } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import type { Keyring } from '../support/keyring.ts';
import { startKeyring } from '../support/keyring.ts';
import type { KilledRun, Moment } from '../support/killing.ts';
import { inParallel, runKilled } from '../support/killing.ts';
import { keyringParts, lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/*
 * Every sink, killed with SIGKILL before each of its steps and at random moments: whatever happens, after `keys recover`
 * each key is where it belongs or revoked, and nothing holds a secret that should not.
 */

const slow = 600_000;
const anySecret = /sk_([0-9A-Za-z]{16})_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/g;

/** What a test of one sink is made of. */
interface World {
  box: Sandbox;
  vendors: StandIns;
  /** How many keys there are. */
  count: number;
  keyring?: Keyring;
  /** All that was printed. */
  stdout: () => string;
}

interface Place {
  to: (n: number) => string[];
  /** All that whoever uses the place could find there, as text. */
  holds: (world: World) => string[];
}

const toVendors: Place['holds'] = ({ vendors }) => [
  vendors.calls.map(({ stdin }) => stdin + decoded(stdin)).join('\n'),
];
const inFiles: Place['holds'] = ({ box }) => [
  readdirSync(box.cwd)
    .filter((name) => name.startsWith('key-') || name === '.env')
    .map((name) => readFileSync(join(box.cwd, name), 'utf8'))
    .join('\n'),
];

const places: Record<string, Place> = {
  'file:': { to: (n) => [`file:key-${n}`], holds: inFiles },
  'env:': { to: (n) => [`env:.env#KEY_${n}`], holds: inFiles },
  'exec:': { to: () => ['exec:deliver {name}'], holds: toVendors },
  clipboard: { to: () => ['clipboard'], holds: toVendors },
  'github:': { to: (n) => [`github:acme/app#KEY_${n}`], holds: toVendors },
  'gitlab:': { to: (n) => [`gitlab:acme/app#KEY_${n}`], holds: toVendors },
  'vault:': { to: (n) => [`vault:secret/app#KEY_${n}`], holds: toVendors },
  'kubernetes:': { to: (n) => [`kubernetes:prod/app#KEY_${n}`], holds: toVendors },
  'aws-secretsmanager:': { to: (n) => [`aws-secretsmanager:KEY_${n}`], holds: toVendors },
  stdout: { to: () => ['stdout'], holds: ({ stdout }) => [stdout()] },
  'file: and exec:': {
    to: (n) => [`file:key-${n}`, 'exec:deliver {name}'],
    holds: (world) => [...inFiles(world), ...toVendors(world)],
  },
};

/** The one sink that needs a keychain, which is then the escrow too. */
const keychain: Place = {
  to: (n) => [`keychain:key-${n}`],
  holds: ({ keyring, count }) => [
    Array.from({ length: count }, (_, n) => lookUp(keyring, 'keys-cli-secrets', `key-${n}`)).join('\n'),
  ],
};

function lookUp(keyring: Keyring | undefined, service: string, name: string): string {
  try {
    return keyring?.run(['secret-tool', 'lookup', 'service', service, 'username', name]) ?? '';
  } catch {
    return '';
  }
}

/** What a Secret of Kubernetes has in it. */
function decoded(text: string): string {
  return (/"data":\{"\w+":"([^"]+)"/.exec(text)?.slice(1) ?? [])
    .map((data) => Buffer.from(data, 'base64').toString())
    .join('');
}

function vendorsOf(): StandIns {
  return new StandIns()
    .add('deliver')
    .add('gh')
    .add('xclip', { args: /-out/, code: 1 })
    .add('glab', { args: /variable get/, code: 1 })
    .add('vault', { args: /kv get/, code: 1 })
    .add('kubectl', { args: /^get/, code: 1 })
    .add('aws', { args: /get-secret-value/, code: 1 });
}

interface Row {
  sink: string;
  kills: number;
  /** Runs that came to their end before the moment did. */
  ended: number;
  delivered: number;
  revoked: number;
  /** Keys of which the command said that they are delivered, and that do not work. */
  lost: number;
  /** Keys that work, and whose secret is not where it was to go. */
  orphaned: number;
  /** Files that hold a secret, and should not. */
  leaked: number;
}

const matrix: Row[] = [];

afterAll(() => {
  const titles = Object.keys(matrix[0] ?? {});
  const lines = [titles, ...matrix.map((row) => Object.values(row).map(String))];
  process.stdout.write(`${lines.map((cells) => cells.map(pad).join(' ')).join('\n')}\n`);
});

function pad(text: string, at: number): string {
  return at === 0 ? text.padEnd(20) : text.padStart(9);
}

interface Variant {
  place?: Place;
  /** Where secrets wait; absent: in files. */
  escrow?: 'none' | Keyring;
  /** When the first recoveries are killed. */
  recoveries?: readonly Moment[];
}

/** Creates a key for each moment, killed then; recovers; and looks for every key. */
async function survive(
  sink: string,
  moments: readonly Moment[],
  { place = places[sink], escrow, recoveries = [] }: Variant = {},
): Promise<KilledRun[]> {
  if (!place) throw new Error(`no sink ${sink}`);
  const keyring = typeof escrow === 'object' ? escrow : undefined;
  const runs: KilledRun[] = [];
  const ended = new Set<string>();
  const world: World = {
    box: escrow ? new Sandbox() : withEscrow(new Sandbox()),
    vendors: vendorsOf(),
    count: moments.length,
    ...(keyring && { keyring }),
    stdout: () => runs.map(({ stdout }) => stdout).join(''),
  };
  const { box, vendors } = world;
  const env = { ...keyring?.env, PATH: `${vendors.folder}:${process.env.PATH}`, DISPLAY: ':0' };
  box.expectSecretIn('.env');
  for (const n of moments.keys()) box.expectSecretIn(`key-${n}`);

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
  const recovery = await box.program(['recover', '--all', '--yes', '--json'], { env });
  expect(recovery).toMatchObject({ exit: 0, stderr: expect.not.stringContaining('error') });
  const left = (folder: string) => readdirSync(join(box.home, 'state', folder));
  // A lock whose process died before it could mark it is removed by whoever comes 2 s later.
  expect(left('operations').filter((name) => !name.endsWith('.lock'))).toEqual([]);
  if (!escrow) expect(left('escrow')).toEqual([]);
  if (keyring) expect(keyring.run(['secret-tool', 'search', '--all', 'service', 'keys-cli-escrow'])).toBe('');
  const halves = readdirSync(box.cwd).filter((name) => name.endsWith('.tmp'));
  expect(halves).toEqual([]);

  const { stdout } = await box.keys(['list', '--status', 'all', '--json']);
  const keys = JSON.parse(stdout) as { id: string; name: string; status: string }[];
  expect(new Set(keys.map(({ name }) => name)).size, 'one key of each name').toBe(keys.length);
  const live = keys.filter(({ status }) => status === 'active');
  const secrets = place.holds(world).map((text) => [...text.matchAll(anySecret)]);
  const isEverywhere = (id: string) => secrets.every((found) => found.some(([, one]) => one === id));
  const orphaned = live.filter(({ id }) => !isEverywhere(id));
  const promised = [...ended].filter((name) => !live.some((key) => key.name === name));
  const usable = secrets.flat().filter(([, id]) => live.some((key) => key.id === id));
  const refused = await refusedKeys(box, [...new Set(usable.map(([secret]) => secret))]);
  const kills = runs.filter(({ wasKilled }) => wasKilled).length + killedRecoveries;
  const row = {
    sink,
    kills,
    ended: ended.size,
    delivered: live.length,
    revoked: keys.length - live.length,
    lost: promised.length + refused.length,
    orphaned: orphaned.length,
    leaked: box.leaks().length,
  };
  matrix.push(row);
  expect(row).toMatchObject({ lost: 0, orphaned: 0, leaked: 0 });
  return runs;
}

/** More calls than any create takes on one thread, so that the last ones come to their end. */
const calls = Array.from({ length: 26 }, (_, index) => ({ call: index + 1 }));

function random(count: number): Moment[] {
  return Array.from({ length: count }, () => ({ after: 30 + Math.random() * 250 }));
}

describe.skipIf(lacks('strace'))('killed before each step', { timeout: slow }, () => {
  // What clears the clipboard lives on for 45 s, and strace with it.
  test.for(Object.keys(places).filter((sink) => sink !== 'clipboard'))('%s', async (sink) => {
    const runs = await survive(sink, calls);
    expect(runs.filter(({ wasKilled }) => wasKilled).length).toBeGreaterThan(10);
    // All steps were reached: one that comes later would have been killed too.
    expect(runs.filter(({ exit }) => exit === 0).length).toBeGreaterThan(0);
  });

  test.for(['file:', 'exec:', 'stdout'])('%s, without an escrow', async (sink) => {
    await survive(sink, calls, { escrow: 'none' });
  });

  test.for(['file:', 'env:', 'exec:'])('%s, and the recovery as well', async (sink) => {
    await survive(sink, calls, { recoveries: calls });
  });
});

describe('killed at random moments', { timeout: slow }, () => {
  test.for(Object.keys(places))('%s', async (sink) => {
    await survive(sink, random(12));
  });

  test.for(['file:', 'exec:'])('%s, without an escrow', async (sink) => {
    await survive(sink, random(12), { escrow: 'none' });
  });
});

describe.skipIf(lacks('strace', ...keyringParts))('with a real Secret Service', { timeout: slow }, () => {
  test.for(['file:', 'keychain:'])('%s, killed before each step and at random moments', async (sink) => {
    const keyring = await startKeyring({ home: temporaryFolder() });
    const place = sink === 'keychain:' ? keychain : places[sink];
    if (!place) throw new Error(`no sink ${sink}`);
    await survive(sink, [...calls, ...random(12)], { escrow: keyring, place });
  });
});
