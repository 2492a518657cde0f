import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ApplyAccounts } from '../support/apply-accounts.ts';
import { refusedKeys } from '../support/embedded-authority.ts';
import { withEscrow } from '../support/escrow.ts';
import { runKilled } from '../support/killing.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { keysIn } from '../support/terminal.ts';

/* Applies of a file by several processes, and one that is interrupted. */

/** A file of two keys, the first of which is delivered once the test lets it. */
function boxWithSlowKey(): Sandbox {
  const box = withEscrow(new Sandbox());
  for (const place of ['slow', 'next']) box.expectSecretIn(place);
  box.write('deliver.sh', 'touch begun; while [ ! -e go ]; do sleep 0.05; done; cat > slow\n');
  box.write('keys.yaml', 'keys:\n  slow: { to: ["exec:sh deliver.sh"] }\n  next: { to: ["file:next"] }\n');
  return box;
}

async function until(box: Sandbox, file: string): Promise<void> {
  while (!existsSync(join(box.cwd, file))) await new Promise((resume) => setTimeout(resume, 20));
}

function letGo(box: Sandbox): void {
  writeFileSync(join(box.cwd, 'go'), '');
}

async function names(box: Sandbox): Promise<string[]> {
  const { stdout } = await box.keys(['list', '--json', 'name']);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name).sort();
}

function actionsIn({ stdout }: Run) {
  return (JSON.parse(stdout) as { actions: { name: string; done: boolean; error?: { code: string } }[] })
    .actions;
}

test('Ctrl-C lets the key finish that has begun, and the same command does the rest', async () => {
  const box = boxWithSlowKey();
  const terminal = keysIn(box, ['apply', '--yes', '--concurrency', '1']);
  await until(box, 'begun');
  terminal.type('\x03');
  await new Promise((resume) => setTimeout(resume, 300));
  letGo(box);
  expect(await terminal.ended, terminal.output).toBe(5);
  expect(terminal.output).toContain('not started');
  expect(await names(box)).toEqual(['slow']);
  const again = await box.program(['apply', '--yes', '--json']);
  expect(again.exit, again.stderr).toBe(0);
  expect(actionsIn(again)).toMatchObject([
    { name: 'slow', done: true },
    { name: 'next', done: true },
  ]);
  expect(await names(box)).toEqual(['next', 'slow']);
  expect(await refusedKeys(box, [box.read('slow').trim(), box.read('next').trim()])).toEqual([]);
});

test('two applies of a file: the second one is refused, and nothing is made twice', async () => {
  const box = boxWithSlowKey();
  const first = box.program(['apply', '--yes', '--json']);
  await until(box, 'begun');
  const second = await box.program(['apply', '--yes']);
  expect(second).toMatchObject({ exit: 6, stdout: '' });
  expect(second.stderr).toMatch(/^error: another process is applying keys\.yaml; nothing was changed\n/);
  letGo(box);
  expect((await first).exit).toBe(0);
  expect(await names(box)).toEqual(['next', 'slow']);
});

test('two files that name the same key: its name is taken, and the others are made', async () => {
  const box = boxWithSlowKey();
  box.expectSecretIn('more');
  box.write('other.yaml', 'keys:\n  slow: { to: ["file:next"] }\n  more: { to: ["file:more"] }\n');
  const first = box.program(['apply', '--yes', '--json']);
  await until(box, 'begun');
  const second = await box.program(['apply', 'other.yaml', '--yes', '--json']);
  expect(second.exit, second.stdout).toBe(6);
  expect(actionsIn(second)).toMatchObject([
    { name: 'slow', done: false, error: { code: 'rotation_under_way' } },
    { name: 'more', done: true },
  ]);
  letGo(box);
  expect((await first).exit).toBe(0);
  expect(await names(box)).toEqual(['more', 'next', 'slow']);
});

test('51 keys in three accounts: from nothing to true, killed on the way, and after drift of every kind', async () => {
  const accounts = await ApplyAccounts.open(17, 'file');
  const { box, names } = accounts;
  const all = new Set(names.map(({ name }) => name));
  const command = ['apply', '--yes', '--redeliver'];
  const converge = async () => {
    const run = await box.program([...command, '--json']);
    expect(run.exit, run.stdout + run.stderr).toBe(0);
    expect((await box.program(['plan', '--redeliver', '--json'])).exit).toBe(0);
    expect(await accounts.outages(all)).toBe(0);
    expect(await accounts.thirds()).toBe(0);
    return actionsIn(run);
  };
  accounts.write({ budget: 10 });
  await runKilled(box, command, { call: 25 });
  expect(await converge()).toHaveLength(51);
  accounts.write({ budget: 20 });
  const broken = new Set(await accounts.damage());
  await runKilled(box, command, { call: 10 });
  expect(await accounts.outages(all)).toBeLessThanOrEqual(broken.size);
  await converge();
  // As many keys as names, those that the drift has replaced, and one in each account that the file does not name.
  const live = (
    await Promise.all((['local', 'work', 'remote'] as const).map((profile) => accounts.live(profile)))
  ).flat();
  expect(live.filter(({ name }) => name === 'stranger')).toHaveLength(3);
  expect(new Set(live.map(({ name }) => name)).size).toBe(52);
  expect(live.length).toBeLessThanOrEqual(51 + 3 + broken.size);
});
