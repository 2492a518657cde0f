import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { refusedKeys } from '../support/embedded-authority.ts';
import { withProfiles } from '../support/escrow.ts';
import { KeyApi } from '../support/key-api.ts';
import type { Moment } from '../support/killing.ts';
import { runKilled } from '../support/killing.ts';
import { printMatrix, randomOf, rounds } from '../support/rounds.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';

/*
 * A file of keys in three accounts, applied from nothing, after drift of every kind, and with every key due, each time
 * killed at random or before one of its steps. The same command then makes the file true: no secret is lost, no key is
 * left that no place holds, no name has more than two keys that work, and each has a working key in its place at any time.
 */

const slow = 3_600_000;
const profiles = ['local', 'work', 'remote'] as const;
type Profile = (typeof profiles)[number];
const perProfile = 3;
/** Stores its input at once, where the commands of `file:` could read it back and this one cannot. */
const store = 'cat > "places/.$1" && mv "places/.$1" "places/$1"\n';

interface Row {
  /** That were not killed. */
  runs: number;
  kills: number;
  /** Names that an unfinished operation is told of, and that a person has to settle. */
  told: number;
  lost: number;
  orphaned: number;
  thirds: number;
  outages: number;
  wrong: number;
}

const matrix: Row[] = [];
afterAll(() => printMatrix(matrix));

const names = profiles.flatMap((profile) =>
  Array.from({ length: perProfile }, (_, n) => ({ profile, name: `${profile}-${n}` })),
);

/** The file of a phase. The API of `remote` takes nothing but a name. */
function fileOf({ budget, rotate }: { budget: number; rotate?: string }): string {
  const entries = names.map(({ profile, name }, at) => {
    const place = at % perProfile === 2 ? `exec:sh store.sh ${name}` : `file:places/${name}`;
    return [
      `  ${name}:`,
      `    profile: ${profile}`,
      `    to: [ "${place}" ]`,
      ...(profile === 'remote' ? [] : [`    budgetUsd: ${budget}`, '    expires: 90d']),
      ...(rotate === undefined ? [] : [`    rotate: ${rotate}`]),
    ].join('\n');
  });
  return `keys:\n${entries.join('\n')}\n`;
}

interface Accounts {
  box: Sandbox;
  works(profile: Profile, value: string): Promise<boolean>;
  /** The keys that work, without those that no file knows. */
  live(profile: Profile): Promise<{ id: string; name: string }[]>;
  idOf(profile: Profile, value: string): string | undefined;
  hasStranger(profile: Profile): Promise<boolean>;
}

async function openAccounts(escrow: 'file' | 'none'): Promise<Accounts> {
  const box = new Sandbox();
  if (escrow === 'file') box.expectEscrow();
  for (const { name } of names) {
    box.expectSecretIn(`places/${name}`);
    box.expectSecretIn(`places/.${name}`);
  }
  for (const token of ['work.token', 'remote.token']) box.expectSecretIn(token);
  mkdirSync(join(box.cwd, 'places'));
  writeFileSync(join(box.cwd, 'store.sh'), store);
  const db = join(box.cwd, 'served.db');
  const session = await box.program(
    ['session', 'create', '--user', 'alice', '--db', db, '--to', 'file:work.token'],
    {},
  );
  expect(session.exit, session.stderr).toBe(0);
  const { url } = await startServe(box, ['--db', db]);
  const api = await KeyApi.start();
  box.write('remote.token', 'tok-EXAMPLE');
  box.ownProvider(api.declaration as { id: string });
  const kept = escrow === 'file' ? { escrow } : {};
  const token = (name: string) => ({ tokenCommand: ['cat', join(box.cwd, `${name}.token`)] });
  withProfiles(box, {
    local: { provider: 'local', ...kept },
    work: { provider: 'authority', url: `${url}/admin`, ...token('work'), ...kept },
    remote: { provider: 'quirky', url: api.url, ...token('remote'), ...kept },
  });
  const listed = async (profile: Profile) => {
    const run = await box.keys(['list', '--status', 'active', '--json', '--profile', profile]);
    expect(run.exit, run.stderr).toBe(0);
    return JSON.parse(run.stdout) as { id: string; name: string }[];
  };
  for (const profile of profiles) {
    const made = await box.keys(['create', 'stranger', '--to', 'exec:cat', '--profile', profile]);
    expect(made.exit, made.stderr).toBe(0);
  }
  const authorize = async (value: string) => {
    const headers = { authorization: `Bearer ${value}` };
    return (await fetch(`${url}/v1/authorize`, { headers })).status === 200;
  };
  return {
    box,
    async works(profile, value) {
      if (profile === 'local') return (await refusedKeys(box, [value])).length === 0;
      return profile === 'work' ? authorize(value) : api.works(value);
    },
    live: async (profile) => (await listed(profile)).filter(({ name }) => name !== 'stranger'),
    idOf: (profile, value) =>
      profile === 'remote' ? api.keys.find(({ secret }) => secret === value)?.id : value.split('_')[1],
    hasStranger: async (profile) => (await listed(profile)).some(({ name }) => name === 'stranger'),
  };
}

function valueAt(box: Sandbox, name: string): string | undefined {
  try {
    return box.read(`places/${name}`).trim();
  } catch {
    return undefined;
  }
}

/** Names whose place holds no key that works, of those that had one. */
async function outages({ box, works }: Accounts, delivered: ReadonlySet<string>): Promise<number> {
  const states = await Promise.all(
    names
      .filter(({ name }) => delivered.has(name))
      .map(async ({ profile, name }) => {
        const value = valueAt(box, name);
        return value !== undefined && (await works(profile, value));
      }),
  );
  return states.filter((works) => !works).length;
}

async function thirds({ live }: Accounts): Promise<number> {
  let count = 0;
  for (const profile of profiles) {
    const byName = new Map<string, number>();
    for (const { name } of await live(profile)) byName.set(name, (byName.get(name) ?? 0) + 1);
    count += [...byName.values()].filter((many) => many > 2).length;
  }
  return count;
}

const command = ['apply', '--yes', '--redeliver', '--prune', '--timeout', '10s'];

/** The same command once more, and what it leaves. Returns the names that a person had to settle. */
async function converge(accounts: Accounts, row: Row): Promise<ReadonlySet<string>> {
  const { box } = accounts;
  const run = await box.program([...command, '--json']);
  row.runs += 1;
  expect([0, 5], run.stderr).toContain(run.exit);
  const { actions } = JSON.parse(run.stdout) as {
    actions: { name: string; operation?: string; done: boolean }[];
  };
  const open = actions.filter(({ done }) => !done);
  const told = new Set(open.map(({ name }) => name));
  row.told += told.size;
  if (run.exit === 0) {
    const plan = await box.program(['plan', '--redeliver', '--prune', '--json']);
    expect(plan.exit, plan.stdout).toBe(0);
  }
  const settled = new Set(names.map(({ name }) => name).filter((name) => !told.has(name)));
  row.lost += await outages(accounts, settled);
  for (const profile of profiles) {
    const held = new Set(names.map(({ name }) => accounts.idOf(profile, valueAt(box, name) ?? '')));
    const live = (await accounts.live(profile)).filter(({ name }) => !told.has(name));
    const newest = new Map<string, string>();
    // Newest first: an older one that works is in its grace period.
    for (const { name, id } of live) if (!newest.has(name)) newest.set(name, id);
    row.orphaned += [...newest.values()].filter((id) => !held.has(id)).length;
    if (!(await accounts.hasStranger(profile))) row.wrong += 1;
  }
  row.thirds += await thirds(accounts);
  for (const { operation } of open) {
    expect(operation, run.stdout).toBeDefined();
    const revoked = await box.program(['recover', operation ?? '', '--revoke', '--yes']);
    expect(revoked.exit, revoked.stderr).toBe(0);
  }
  return told;
}

async function damage({ box }: Accounts): Promise<string[]> {
  rmSync(join(box.cwd, 'places', 'local-0'), { force: true });
  box.write('places/work-0', 'another value');
  await box.keys(['revoke', 'remote-0', '--yes', '--profile', 'remote']);
  await box.keys(['update', 'local-1', '--budget', '99', '--profile', 'local']);
  await box.keys(['update', 'work-1', '--expires', 'never', '--profile', 'work']);
  return ['local-0', 'work-0', 'remote-0'];
}

/** Half of the kills come at random, the others before a call that makes a step durable. */
function momentOf(random: () => number): Moment {
  return random() < 0.5 ? { after: 200 + 900 * random() } : { call: 1 + Math.floor(40 * random()) };
}

const phases = [
  { budget: 10, interruptions: 2 },
  { budget: 20, interruptions: 2, isDamaged: true },
  { budget: 20, interruptions: 3, rotate: '{ olderThan: 1s, grace: 0 }' },
];

async function survive(random: () => number, row: Row): Promise<void> {
  const accounts = await openAccounts(random() < 0.5 ? 'file' : 'none');
  const { box } = accounts;
  const delivered = new Set<string>();
  for (const { interruptions, isDamaged, ...rules } of phases) {
    if (isDamaged) for (const name of await damage(accounts)) delivered.delete(name);
    box.write('keys.yaml', fileOf(rules));
    for (let n = 0; n < interruptions; n++) {
      const run = await runKilled(box, command, momentOf(random));
      if (run.wasKilled) row.kills += 1;
      row.thirds += await thirds(accounts);
      row.outages += await outages(accounts, delivered);
    }
    // Without the rule that makes every key due again at once.
    box.write('keys.yaml', fileOf({ budget: rules.budget }));
    const told = await converge(accounts, row);
    for (const { name } of names) if (!told.has(name)) delivered.add(name);
  }
}

test('a file that is killed while it is applied', { timeout: slow }, async () => {
  const random = randomOf('apply');
  const row: Row = { runs: 0, kills: 0, told: 0, lost: 0, orphaned: 0, thirds: 0, outages: 0, wrong: 0 };
  matrix.push(row);
  for (let round = 0; round < rounds; round++) await survive(random, row);
  expect(row).toMatchObject({ lost: 0, orphaned: 0, thirds: 0, outages: 0, wrong: 0 });
  expect(row.kills).toBeGreaterThan(0);
});
