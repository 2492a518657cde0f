import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

const now = new Date('2026-11-20T12:00:00Z');
const terminal = { now, terminal: 80, env: { NO_COLOR: '1' } };

async function account(): Promise<Sandbox> {
  const box = new Sandbox();
  const expiresAt = new Date('2027-02-18T12:00:00Z');
  await seedKey(box, now, { name: 'ci', expiresAt, budgetUsd: 25, labels: { team: 'search' } });
  return box;
}

test.each([
  [['--format', 'csv'], 'name,budgetUsd\nci,25\n'],
  [['--format', 'tsv'], 'name\tbudgetUsd\nci\t25\n'],
  [[], 'ci\t25\n'],
  [['--json'], '[\n  {\n    "name": "ci",\n    "budgetUsd": 25\n  }\n]\n'],
  [['--format', 'ndjson'], '{"name":"ci","budgetUsd":25}\n'],
  [['--format', 'yaml'], '- name: "ci"\n  budgetUsd: 25\n'],
])('list --fields name,budgetUsd %j', async (flags, stdout) => {
  const run = await (await account()).keys(['list', '--fields', 'name,budgetUsd', ...flags], { now });
  expect(run).toEqual({ exit: 0, stdout, stderr: '' });
});

test('a table has these columns, in this order, in words for people', async () => {
  const args = ['list', '--fields', 'expiresAt,name,status,budgetUsd,labels,models,superseded,lastUsedAt'];
  const { stdout } = await (await account()).keys(args, terminal);
  expect(stdout).toMatchInlineSnapshot(`
    "EXPIRES     NAME  STATUS  BUDGET  LABELS       MODELS  SUPERSEDED  LAST USED
    in 90 days  ci    active  $25.00  team=search  all     no          never
    "
  `);
});

test('a record has these lines', async () => {
  const { stdout } = await (await account()).keys(
    ['show', 'ci', '--fields', 'name,createdAt,usage'],
    terminal,
  );
  expect(stdout).toMatchInlineSnapshot(`
    "Name     ci
    Created  just now
    Usage    requests=0,tokens=0
    "
  `);
});

test('a secret is set apart on a terminal, and never lost by leaving it out', async () => {
  const box = new Sandbox();
  const left = await box.keys(['create', 'ci', '--fields', 'id,name'], terminal);
  expect(left).toMatchObject({ exit: 2, stderr: expect.stringContaining('hint: --fields id,name,secret') });
  const run = await box.keys(['create', 'ci', '--fields', 'name,secret'], {
    ...terminal,
    secretOnStdout: true,
  });
  expect(run.stdout).toMatch(/^Name +ci\n\n── secret, shown only once/);
});

test.each([
  [['list', '--fields', 'id,nope'], "--fields: unknown field 'nope'; available: id, name"],
  [['list', '--fields', ','], "--fields: ',' is an empty list"],
  [['list', '--json', 'id', '--fields', 'name'], '--json with a list and --fields cannot be combined'],
  [['help', '--fields', 'name'], '--fields: this command prints no fields'],
  [['list', '--json', '--format', 'csv'], '--fields selects the fields of any format'],
])('%j is refused: exit 2', async (args, message) => {
  expect(await new Sandbox().keys(args)).toMatchObject({ exit: 2, stderr: expect.stringContaining(message) });
});
