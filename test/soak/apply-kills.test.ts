import { afterAll, expect, test } from 'vitest';
import { ApplyAccounts, profiles } from '../support/apply-accounts.ts';
import type { Moment } from '../support/killing.ts';
import { runKilled } from '../support/killing.ts';
import { printMatrix, randomOf, rounds } from '../support/rounds.ts';

/*
 * A file of keys in three accounts, applied from nothing, after drift of every kind, and with every key due, each time
 * killed at random or before one of its steps. The same command then makes the file true: no secret is lost, no key is
 * left that no place holds, no name has more than two keys that work, and each has a working key in its place at any time.
 */

const slow = 3_600_000;
const perProfile = 3;

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

const command = ['apply', '--yes', '--redeliver', '--prune', '--timeout', '10s'];

/** The same command once more, and what it leaves. Returns the names that a person had to settle. */
async function converge(accounts: ApplyAccounts, row: Row): Promise<ReadonlySet<string>> {
  const { box, names } = accounts;
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
    const plan = await box.keys(['plan', '--redeliver', '--prune', '--json']);
    expect(plan.exit, plan.stdout).toBe(0);
  }
  const settled = new Set(names.map(({ name }) => name).filter((name) => !told.has(name)));
  row.lost += await accounts.outages(settled);
  for (const profile of profiles) {
    const held = new Set(names.map(({ name }) => accounts.idOf(profile, accounts.valueAt(name))));
    const live = await accounts.live(profile);
    const newest = new Map<string, string>();
    // An older one that works is in its grace period.
    for (const { name, id } of live) if (!newest.has(name)) newest.set(name, id);
    if (!newest.delete('stranger')) row.wrong += 1;
    for (const name of told) newest.delete(name);
    row.orphaned += [...newest.values()].filter((id) => !held.has(id)).length;
  }
  row.thirds += await accounts.thirds();
  for (const { operation } of open) {
    expect(operation, run.stdout).toBeDefined();
    const revoked = await box.keys(['recover', operation ?? '', '--revoke', '--yes']);
    expect(revoked.exit, revoked.stderr).toBe(0);
  }
  return told;
}

/** Half of the kills come at random, the others before a call that makes a step durable. */
function momentOf(random: () => number): Moment {
  return random() < 0.5 ? { after: 100 + 400 * random() } : { call: 1 + Math.floor(20 * random()) };
}

const phases = [
  { budget: 10, interruptions: 2 },
  { budget: 20, interruptions: 2, isDamaged: true },
  { budget: 20, interruptions: 3, rotate: '{ olderThan: 1s, grace: 0 }' },
];

async function survive(random: () => number, row: Row): Promise<void> {
  const accounts = await ApplyAccounts.open(perProfile, random() < 0.5 ? 'file' : 'none');
  const delivered = new Set<string>();
  for (const { interruptions, isDamaged, ...rules } of phases) {
    if (isDamaged) for (const name of await accounts.damage()) delivered.delete(name);
    accounts.write(rules);
    for (let n = 0; n < interruptions; n++) {
      const run = await runKilled(accounts.box, command, momentOf(random));
      if (run.wasKilled) row.kills += 1;
      row.thirds += await accounts.thirds();
      row.outages += await accounts.outages(delivered);
    }
    // Without the rule that makes every key due again at once.
    accounts.write({ budget: rules.budget });
    const told = await converge(accounts, row);
    for (const { name } of accounts.names) if (!told.has(name)) delivered.add(name);
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
