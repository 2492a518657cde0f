import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withEscrow } from '../support/escrow.ts';
import { resetAfterHeaders, resetBeforeReply, truncated } from '../support/fault-server.ts';
import type { FakeRunOptions, Run } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

const brokenPipe: FakeRunOptions = { breakStdout: { at: 1, code: 'EPIPE' } };

function errorOf({ stderr }: Run): { code: string; message: string; hint: string; operation: string } {
  return JSON.parse(stderr).error;
}

/** What `keys <args> --json` prints. */
async function json<T>(box: Sandbox, args: string[], options: FakeRunOptions = {}): Promise<T> {
  return JSON.parse((await box.keys([...args, '--json'], options)).stdout) as T;
}

interface Row {
  operation: string;
  outcome: string;
  id?: string;
  reason?: string;
  candidates?: { id: string }[];
}

/** A create whose secret could not be printed: it waits in escrow. */
async function stopped(box: Sandbox, name = 'ci', to: string[] = []): Promise<{ operation: string }> {
  const run = await box.keys(['create', name, ...to, '--json'], brokenPipe);
  expect(run.exit).toBe(5);
  return { operation: errorOf(run).operation };
}

function operationsOf(box: Sandbox): string[] {
  return readdirSync(join(box.home, 'state', 'operations'));
}

async function statusOf(box: Sandbox, name: string): Promise<string[]> {
  const keys = await json<{ name: string; status: string }[]>(box, ['list', '--status', 'all']);
  return keys.filter((key) => key.name === name).map(({ status }) => status);
}

test('with nothing unfinished there is nothing to do', async () => {
  const box = new Sandbox();
  for (const args of [['recover'], ['recover', '--all', '--yes'], ['recover', '--list']]) {
    expect((await box.keys([...args, '--json'])).stdout).toBe('[]\n');
    expect((await box.keys(args)).exit).toBe(0);
  }
  expect(await box.keys(['recover', 'nothing1'])).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining("no unfinished operation has the id 'nothing1'"),
  });
});

describe('a secret that waits in escrow', () => {
  test('for a file is delivered as soon as the file can be written', async () => {
    const box = withEscrow(new Sandbox());
    const folder = join(box.cwd, 'place');
    mkdirSync(folder);
    // The folder is there when it is checked, and gone when it is written to.
    const run = await box.keys([
      'create',
      'ci',
      '--to',
      'exec:rmdir place',
      '--to',
      'file:place/key',
      '--json',
    ]);
    expect(errorOf(run)).toMatchObject({ code: 'in_escrow' });
    expect(run.exit).toBe(5);
    expect(errorOf(run).message).toContain('it is in escrow (file');

    expect((await box.keys(['recover'])).exit).toBe(5);
    mkdirSync(folder);
    box.expectSecretIn('place/key');
    const again = await box.keys(['recover']);
    expect(again.exit).toBe(0);
    expect(again.stderr).toContain('delivered to file:place/key and read back');
    expect((await box.keys(['verify', '--from', 'file:place/key'])).exit).toBe(0);
    expect(box.mode('place/key')).toBe('600');
    expect(operationsOf(box)).toEqual([]);
    expect((await box.keys(['recover'])).exit).toBe(0);
  });

  test('relative paths mean what they meant when it began', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box, 'ci', ['--to', 'stdout', '--to', 'env:.env#KEY']);
    box.expectSecretIn('.env');
    expect(box.read('.env')).toContain('KEY=');
    const [row] = await json<Row[]>(box, ['recover', '--list']);
    expect(row).toMatchObject({
      operation,
      outcome: 'open',
      delivered: [{ sink: 'env:.env#KEY', verified: true }],
    });
  });

  test('for stdout is printed if the command line allows it', async () => {
    for (const args of [['--secret-only'], ['--json']]) {
      const box = withEscrow(new Sandbox());
      const { operation } = await stopped(box);
      const refused = await box.keys(['recover']);
      expect(refused.exit).toBe(5);
      expect(refused.stderr).toContain(`keys recover ${operation} --to env:.env#API_KEY`);
      const run = await box.keys(['recover', operation, ...args], { secretOnStdout: true });
      expect(run.exit).toBe(0);
      expect(run.stdout).toMatch(args[0] === '--json' ? /"secret": "sk_/ : /^sk_\w+\n$/);
      expect(operationsOf(box)).toEqual([]);
    }
  });

  test('is framed on a terminal', async () => {
    const box = withEscrow(new Sandbox());
    await stopped(box);
    const run = await box.keys(['recover', '--yes', '--no-color'], { terminal: 90, secretOnStdout: true });
    expect(run.stdout).toMatch(/── secret, shown only once ─+\n\nsk_\w+\n\n─+\n$/);
    expect(run.stderr).toContain('is not shown again: store it now');
  });

  test('goes elsewhere with --to', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    box.expectSecretIn('other');
    expect((await box.keys(['recover', operation.slice(0, 5), '--to', 'file:other'])).exit).toBe(0);
    expect((await box.keys(['verify', '--from', 'file:other'])).exit).toBe(0);
  });

  test('is not kept back from --keep, which would lose it', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    const run = await box.keys(['recover', operation, '--keep']);
    expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining('--keep would lose the secret') });
    expect(operationsOf(box)).toHaveLength(1);
  });

  test('is worthless once its key was revoked', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    await box.keys(['revoke', 'ci', '--yes']);
    const row = await json<Row>(box, ['recover', operation]);
    expect(row).toMatchObject({ outcome: 'ended', reason: 'what it created is revoked or gone' });
    expect(operationsOf(box)).toEqual([]);
  });

  test('goes with its key on --revoke', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    expect(await json<Row>(box, ['recover', operation, '--revoke'])).toMatchObject({ outcome: 'revoked' });
    expect(await statusOf(box, 'ci')).toEqual(['revoked']);
    expect(readdirSync(join(box.home, 'state', 'escrow'))).toEqual([]);
  });
});

describe('--all --yes', () => {
  test('delivers what it can, and revokes what cannot be delivered', async () => {
    const box = withEscrow(new Sandbox());
    await stopped(box, 'printed');
    mkdirSync(join(box.cwd, 'place'));
    await box.keys(['create', 'filed', '--to', 'exec:rmdir place', '--to', 'file:place/key']);
    mkdirSync(join(box.cwd, 'place'));
    box.expectSecretIn('place/key');
    const run = await box.keys(['recover', '--all', '--yes', '--json']);
    expect(run.exit).toBe(0);
    const rows = JSON.parse(run.stdout) as Row[];
    expect(rows.map(({ outcome }) => outcome)).toEqual(['revoked', 'delivered']);
    expect(await statusOf(box, 'printed')).toEqual(['revoked']);
    expect(await statusOf(box, 'filed')).toEqual(['active']);
    expect(operationsOf(box)).toEqual([]);
  });

  test('keeps a key that a file has, though it could not be printed as well', async () => {
    const box = withEscrow(new Sandbox());
    box.expectSecretIn('a.key');
    await stopped(box, 'ci', ['--to', 'file:a.key', '--to', 'stdout']);
    expect((await box.keys(['recover', '--all', '--yes'])).exit).toBe(0);
    expect(await statusOf(box, 'ci')).toEqual(['active']);
    expect((await box.keys(['verify', '--from', 'file:a.key'])).exit).toBe(0);
  });

  test('leaves a secret in escrow whose sink fails again', async () => {
    const box = withEscrow(new Sandbox());
    mkdirSync(join(box.cwd, 'place'));
    await box.keys(['create', 'ci', '--to', 'exec:rmdir place', '--to', 'file:place/key']);
    const run = await box.keys(['recover', '--all', '--yes']);
    expect(run.exit).toBe(5);
    expect(run.stderr).toContain("mkdir -p -m 700 '");
    expect(await statusOf(box, 'ci')).toEqual(['active']);
    expect(operationsOf(box)).toHaveLength(1);
  });
});

describe('a command of the same name', () => {
  test('is refused while one is unfinished, and another name is not', async () => {
    const box = withEscrow(new Sandbox());
    const { operation } = await stopped(box);
    const again = await box.keys(['create', 'ci', '--to', 'file:key', '--json']);
    expect(again.exit).toBe(5);
    expect(errorOf(again)).toMatchObject({
      code: 'unfinished_before',
      operation,
      hint: `keys recover ${operation}`,
    });
    box.expectSecretIn('other');
    const other = await box.keys(['create', 'other', '--to', 'file:other']);
    expect(other.exit).toBe(0);
    expect(other.stderr).toContain(`the create of ci (local) is unfinished: keys recover ${operation}`);
  });

  test('does not count a key whose secret is lost as found', async () => {
    const box = withEscrow(new Sandbox());
    await stopped(box);
    expect((await box.keys(['create', 'ci', '--if-missing', '--to', 'file:key'])).exit).toBe(5);
  });
});

describe('a create whose reply was lost', () => {
  async function world() {
    const [box, server] = [new Sandbox(), await UnrealServer.start()];
    const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
    return { box, server, env };
  }

  test.each([
    ['a reset before it', resetBeforeReply],
    ['a reset in the middle of it', resetAfterHeaders],
    ['a body cut short', truncated(200, '{"name":"ci","key":"sk-')],
  ])('by %s is found by name and revoked', async (_, answer) => {
    const { box, server, env } = await world();
    server.lostReplies.push((response) => answer(response, {} as never));
    const run = await box.keys(['create', 'ci', '--to', 'file:key', '--json'], { env });
    expect(run.exit).toBe(5);
    expect(errorOf(run)).toMatchObject({ code: 'reply_lost', hint: expect.stringContaining('keys recover') });
    expect(server.keys).toHaveLength(1);
    const asked = await box.keys(['recover'], { env });
    expect(asked.exit).toBe(5);
    expect(asked.stderr).toContain('--yes revokes it');
    expect(server.keys).toHaveLength(1);
    expect((await box.keys(['recover', '--all', '--yes'], { env })).exit).toBe(0);
    expect(server.keys).toEqual([]);
    expect(operationsOf(box)).toEqual([]);
  });

  test('is not repeated, and nothing is guessed between several candidates', async () => {
    const { box, server, env } = await world();
    server.lostReplies.push((response) => {
      // Somebody else makes a key of the same name in the same moment.
      server.add('ci');
      resetBeforeReply(response, {} as never);
    });
    const run = await box.keys(['create', 'ci', '--to', 'file:key', '--json'], { env });
    const { operation } = errorOf(run);
    expect(server.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    const open = await box.keys(['recover', '--all', '--yes', '--json'], { env });
    expect(open.exit).toBe(5);
    const [row] = JSON.parse(open.stdout) as Row[];
    const ids = server.keys.map(({ hash }) => hash);
    expect(row?.candidates?.map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(server.keys).toHaveLength(2);

    const wrong = await box.keys(['recover', operation, '--key', 'nothing1', '--yes'], { env });
    expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('is not one of the candidates') });
    const [first = ''] = ids;
    expect((await box.keys(['recover', operation, '--key', first, '--yes'], { env })).exit).toBe(0);
    expect(server.keys.map(({ hash }) => hash)).toEqual(ids.slice(1));
    expect(operationsOf(box)).toEqual([]);
  });

  test('ends with --keep if the secret arrived after all', async () => {
    const { box, server, env } = await world();
    server.lostReplies.push((response) => resetBeforeReply(response, {} as never));
    const { operation } = errorOf(await box.keys(['create', 'ci', '--to', 'file:key', '--json'], { env }));
    expect(await json<Row>(box, ['recover', operation, '--keep'], { env })).toMatchObject({
      outcome: 'kept',
    });
    expect(server.keys).toHaveLength(1);
  });

  test('is recovered in its own profile, and its server gets no token but its own', async () => {
    const { box, server, env } = await world();
    const other = await UnrealServer.start();
    server.lostReplies.push((response) => resetBeforeReply(response, {} as never));
    await box.keys(['create', 'ci', '--to', 'file:key'], { env });
    const seen = server.requests.length;
    const elsewhere = { KEYS_PROVIDER: 'unreal', KEYS_URL: other.url, KEYS_TOKEN: 'tok-other-EXAMPLE' };
    const run = await box.keys(['recover', '--all', '--yes'], { env: elsewhere });
    expect(run.exit).toBe(5);
    expect(run.stderr).toContain('KEYS_TOKEN');
    expect(server.requests).toHaveLength(seen);
    expect(other.requests).toEqual([]);
  });
});

test('a session is recovered as a key is', async () => {
  const box = withEscrow(new Sandbox());
  const run = await box.keys(['session', 'create', '--user', 'alice', '--json'], brokenPipe);
  expect(run.exit).toBe(5);
  const { operation } = errorOf(run);
  box.expectSecretIn('token');
  const row = await json<Row>(box, ['recover', operation, '--to', 'file:token']);
  expect(row).toMatchObject({ outcome: 'delivered', kind: 'session', name: 'alice' });
  expect(box.read('token')).toMatch(/^ses_/);
});

test.each([
  [['--all', 'abcd2345'], '--all cannot be combined with the id of an operation'],
  [['--list', '--all'], '--list cannot be combined with an action'],
  [['--revoke', '--keep'], '--revoke cannot be combined with --keep'],
  [['--all', '--to', 'file:a'], '--to applies to one operation'],
])('%j is refused', async (args, message) => {
  const run = await new Sandbox().keys(['recover', ...args]);
  expect(run).toMatchObject({ exit: 2, stderr: expect.stringContaining(message) });
});

test('a file in the journal that cannot be read is reported, and left alone', async () => {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'state', 'operations'), { recursive: true });
  writeFileSync(join(box.home, 'state', 'operations', 'odd.jsonl'), '{"version":9}\n');
  expect(await box.keys(['recover'])).toMatchObject({
    exit: 5,
    stderr: expect.stringContaining('written by a later version of keys'),
  });
});
