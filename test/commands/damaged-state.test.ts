import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import type { Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';

/* What commands do where a file of the journal or of the escrow is not what it was. */

const noBug = expect.not.stringContaining('this is a bug');

/** A create whose secret waits in escrow, for the folder of its sink is gone; the id of its operation. */
async function waiting(box: Sandbox, name: string): Promise<string> {
  box.expectSecretIn(name);
  box.expectSecretIn(`${name}-old`);
  writeFileSync(join(box.cwd, `${name}.sh`), `cat > /dev/null; [ -e ${name}-go ] || exit 1`);
  const run = await box.keys(['create', name, '--to', `exec:sh ${name}.sh`, '--json']);
  expect(run.exit).toBe(5);
  return JSON.parse(run.stderr).error.operation;
}

async function live(box: Sandbox): Promise<string[]> {
  const keys = JSON.parse((await box.keys(['list', '--json'])).stdout) as { name: string }[];
  return keys.map(({ name }) => name).sort();
}

const damages: [string, (file: string) => void][] = [
  ['null', (file) => writeFileSync(file, 'null\n')],
  ['binary', (file) => writeFileSync(file, Buffer.from([0, 1, 2, 255, 10]))],
  ['of a later version', (file) => writeFileSync(file, '{"version":2}\n')],
  ['of the wrong types', (file) => writeFileSync(file, '{"version":1,"plan":7,"setting":[]}\n')],
];

describe.each(damages)('a file of the journal that is %s', (_, damage) => {
  test('is reported, and every command works with the others', async () => {
    const box = withEscrow(new Sandbox());
    box.expectSecretIn('other');
    const operation = await waiting(box, 'ci');
    writeFileSync(join(box.cwd, 'ci-go'), '');
    const folder = join(box.home, 'state', 'operations');
    damage(join(folder, 'bad22222.jsonl'));
    const naming = (run: Run, exit: number) => {
      expect(run).toMatchObject({ exit, stderr: expect.stringContaining('bad22222.jsonl cannot be read') });
      expect(run.stderr).toEqual(noBug);
      expect(run.stderr.match(/cannot be read/g)).toHaveLength(1);
    };
    naming(await box.keys(['list']), 0);
    naming(await box.keys(['create', 'other', '--to', 'file:other']), 0);
    naming(await box.keys(['rotate', 'other', '--to', 'file:other', '--grace', '0']), 0);
    naming(await box.keys(['recover', '--list']), 5);
    naming(await box.keys(['recover', 'bad22222', '--yes']), 5);
    const recovery = await box.keys(['recover', '--all', '--yes', '--json']);
    naming(recovery, 5);
    expect(JSON.parse(recovery.stdout)).toMatchObject([{ operation, outcome: 'delivered' }]);
    naming(await box.keys(['recover', '--all', '--yes']), 5);
    expect(readdirSync(folder)).toEqual(['bad22222.jsonl']);
    const doctor = await box.keys(['doctor']);
    expect(doctor).toMatchObject({ exit: 8, stdout: expect.stringContaining('bad22222.jsonl') });
  });
});

test('refuses a journal that is a file', async () => {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'state'), { recursive: true, mode: 0o700 });
  writeFileSync(join(box.home, 'state', 'operations'), '');
  for (const args of [['recover'], ['create', 'ci', '--to', 'file:ci'], ['list']]) {
    const run = await box.keys(args);
    expect(run).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(`${join(box.home, 'state', 'operations')} is not a folder`),
    });
  }
});

describe('a secret in escrow with one changed character', () => {
  async function damaged(): Promise<{ box: Sandbox; operation: string }> {
    const box = withEscrow(new Sandbox());
    const operation = await waiting(box, 'ci');
    const file = join(box.home, 'state', 'escrow', operation);
    const text = readFileSync(file, 'utf8');
    const at = text.indexOf('"secret":"') + 30;
    writeFileSync(file, text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1));
    writeFileSync(join(box.cwd, 'ci-go'), '');
    return { box, operation };
  }

  test('is not delivered, and its key is kept', async () => {
    const { box, operation } = await damaged();
    for (const args of [
      ['recover', '--all', '--yes'],
      ['recover', operation],
      ['recover', operation, '--to', 'file:elsewhere'],
    ]) {
      const run = await box.keys([...args, '--json']);
      expect(run.exit).toBe(5);
      expect(`${run.stdout}${run.stderr}`).toContain('is damaged and was not delivered');
    }
    expect(readdirSync(box.cwd)).not.toContain('elsewhere');
    expect(await live(box)).toEqual(['ci']);
  });

  test('is given up with its key if the user says so', async () => {
    const { box, operation } = await damaged();
    expect((await box.keys(['recover', operation, '--revoke', '--yes'])).exit).toBe(0);
    expect(await live(box)).toEqual([]);
    expect(readdirSync(join(box.home, 'state', 'operations'))).toEqual([]);
  });

  test('is given up and its key kept if the user says so', async () => {
    const { box, operation } = await damaged();
    expect((await box.keys(['recover', operation, '--keep'])).exit).toBe(0);
    expect(await live(box)).toEqual(['ci']);
  });
});

test('an unreadable journal is an error with its path', async () => {
  const box = withEscrow(new Sandbox());
  await waiting(box, 'ci');
  const folder = join(box.home, 'state', 'operations');
  // The code of every part is loaded as the user who may read it.
  await box.keys(['recover', '--list']);
  const run = await withoutPrivileges(box, async () => {
    chmodSync(folder, 0o000);
    return box.keys(['recover', '--all', '--yes']).finally(() => chmodSync(folder, 0o700));
  });
  expect(run).toMatchObject({
    exit: 5,
    stderr: expect.stringContaining(`${folder} cannot be read (EACCES)`),
  });
});

/** Does the work as a user to whom modes apply; root is none, and becomes another one for as long as that takes. */
async function withoutPrivileges<T>(box: Sandbox, work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0 || !process.seteuid) return work();
  const nobody = 65_534;
  const root = dirname(box.home);
  for (const path of [
    root,
    ...readdirSync(root, { recursive: true }).map((name) => join(root, String(name))),
  ])
    chownSync(path, nobody, nobody);
  process.seteuid(nobody);
  try {
    return await work();
  } finally {
    process.seteuid(0);
  }
}

test('an unwritable token store is found before a key is created', async () => {
  const box = new Sandbox();
  const api = ['--profile', 'b', '--provider', 'unreal', '--url', 'http://127.0.0.1:9'];
  const login = ['login', ...api, '--with-token', '--store', 'file', '--no-verify'];
  expect(await box.keys(login, { stdin: 'tok-EXAMPLE\n' })).toMatchObject({ exit: 0 });
  expect((await box.keys(['profile', 'use', 'local'])).exit).toBe(0);
  writeFileSync(join(box.home, 'data', '.keys-tmp'), '');
  const run = await box.keys(['create', 'ci', '--to', 'login:b']);
  expect(run).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining('.keys-tmp is not a folder of yours'),
  });
  expect(await live(box)).toEqual([]);
});
