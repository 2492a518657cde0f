import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { Escrow, Escrows } from '../../src/journal/escrow.ts';
import type { JournalOptions } from '../../src/journal/journal.ts';
import { openJournal, resumeOperation } from '../../src/journal/journal.ts';
import { listOperations } from '../../src/journal/operations.ts';
import type { Header, OpenOperation } from '../../src/keys/operations/open-operation.ts';
import type { Plan } from '../../src/keys/operations/operation.ts';
import { makePrivateFolder } from '../../src/platform/paths.ts';
import { failureIn } from '../support/failure.ts';
import { cannotMount } from '../support/real-parts.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const now = new Date('2026-11-20T12:00:00.000Z');
const plan: Plan = { kind: 'create', name: 'ci', sinks: ['file:a'], known: ['old00001'] };
const setting = { profile: 'local', provider: 'local', url: null, cwd: '/work' };
const held = { id: 'new00001', name: 'ci', secret: new Secret('sk_canary_EXAMPLE') };

/** An escrow in memory that can be made to fail. */
function memoryEscrow(name: string, fails = false): Escrow & { items: Map<string, unknown> } {
  const items = new Map<string, unknown>();
  const work = async (operation: string, value: unknown) => {
    if (fails) throw new Error(`${name} fails`);
    items.set(operation, value);
  };
  return {
    items,
    describe: () => name,
    reserve: (operation) => work(operation, undefined),
    put: (operation, one) => work(operation, one),
    get: async (operation) => items.get(operation) as typeof held | undefined,
    erase: async (operation) => {
      if (fails) throw new Error(`${name} fails`);
      items.delete(operation);
    },
  };
}

interface World extends JournalOptions {
  keychain: ReturnType<typeof memoryEscrow>;
  warnings: string[];
}

function world({ broken = false, allowed = ['keychain', 'file'] as Escrows['allowed'] } = {}): World {
  const warnings: string[] = [];
  const keychain = memoryEscrow('keychain', broken);
  return {
    folder: join(temporaryFolder(), 'state', 'operations'),
    keychain,
    escrows: { keychain: async () => keychain, file: async () => memoryEscrow('file'), allowed },
    now: () => now,
    makeFolder: makePrivateFolder,
    warn: async (text) => void warnings.push(text),
    warnings,
  };
}

/** The listed operations, if every file can be read. */
function list(options: JournalOptions): Promise<OpenOperation[]> {
  return listOperations(options, async (error) => {
    throw error;
  });
}

function begin(options: JournalOptions) {
  return openJournal(options, setting).begin(plan);
}

test('an operation is one private file of lines, removed when it ends', async () => {
  const options = world();
  const operation = await begin(options);
  await operation.note({ step: 'creating' });
  const file = join(options.folder, `${operation.id}.jsonl`);
  expect(operation.id).toMatch(/^[2-9a-z]{8}$/);
  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  expect((statSync(options.folder).mode & 0o777).toString(8)).toBe('700');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const sum = expect.stringMatching(/^[0-9a-f]{16}$/);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { version: 1, id: operation.id, at: now.toISOString(), plan, setting, sum },
    { step: 'reserved', escrow: 'keychain', at: now.toISOString(), sum },
    { step: 'creating', at: now.toISOString(), sum },
  ]);
  await operation.end();
  expect(readdirSync(options.folder)).toEqual([]);
});

test.skipIf(cannotMount())(
  'a step that did not fit on the disk leaves nothing of itself behind',
  async () => {
    const folder = join(temporaryFolder(), 'disk');
    const disk = mountSmallDisk(folder);
    const options = { ...world({ allowed: [] }), folder: join(folder, 'operations') };
    const operation = await begin(options);
    await operation.note({ step: 'creating' });
    disk.fill();
    // A page of the file is there, so a long line begins before the disk is full.
    const lost = { step: 'lost', reason: 'x'.repeat(5000) } as const;
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(await failureIn(operation.note(lost))).toMatchObject({ code: 'journal_not_written' });
    disk.free();
    await operation.note({ step: 'undone', reason: 'the API refused it' });
    await operation.leave();
    const [open] = await list(options);
    expect(open?.steps.map(({ step }) => step)).toEqual(['creating', 'undone']);
    expect(operation.steps).toEqual(open?.steps);
  },
);

test('the journal never holds the secret; the escrow does until the end', async () => {
  const options = world();
  const operation = await begin(options);
  await operation.putInEscrow(held);
  expect(options.keychain.items.get(operation.id)).toBe(held);
  for (const name of readdirSync(options.folder))
    expect(readFileSync(join(options.folder, name), 'utf8')).not.toContain('canary');
  await operation.end();
  expect(options.keychain.items.size).toBe(0);
});

describe('the escrow', () => {
  test.each([
    ['the first that works', { broken: false }, 'keychain'],
    ['the next where that fails', { broken: true }, 'file'],
    ['none where none is allowed', { allowed: [] }, undefined],
    ['none where all fail', { broken: true, allowed: ['keychain'] as const }, undefined],
  ])('is %s', async (_, options, expected) => {
    const operation = await begin(world(options));
    expect(operation.escrow).toBe(expected);
    await operation.end();
  });

  test('that cannot be erased leaves the operation open, with a warning', async () => {
    const options = world();
    const operation = await begin(options);
    options.keychain.erase = async () => {
      throw new Error('locked');
    };
    await operation.end();
    expect(options.warnings).toEqual([
      `operation ${operation.id} could not be removed from the keychain: keys recover ${operation.id}`,
    ]);
    expect((await list(options)).map(({ header }) => header.id)).toEqual([operation.id]);
  });
});

describe('an operation that was left open', () => {
  test('is listed with its steps and can continue', async () => {
    const options = world();
    const first = await begin(options);
    await first.note({ step: 'creating' });
    await first.putInEscrow(held);
    await first.leave();

    const [open] = await list(options);
    expect(open).toMatchObject({ header: { id: first.id, plan, setting }, escrow: 'keychain' });
    const second = open && (await resumeOperation(options, open));
    expect(second?.steps.map(({ step }) => step)).toEqual(['creating']);
    expect(await second?.readEscrow()).toBe(held);
    await second?.note({ step: 'created', id: 'new00001' });
    await second?.end();
    expect(readdirSync(options.folder)).toEqual([]);
  });

  test('can be claimed by one process at a time', async () => {
    const options = world();
    const first = await begin(options);
    const [open] = await list(options);
    if (!open) throw new Error('not listed');
    expect(await resumeOperation(options, open)).toBeUndefined();
    await first.leave();
    const second = await resumeOperation(options, open);
    expect(second?.id).toBe(first.id);
    expect(await resumeOperation(options, open)).toBeUndefined();
    await second?.end();
    expect(await resumeOperation(options, open)).toBeUndefined();
    expect(readdirSync(options.folder)).toEqual([]);
  });

  test('in the middle of a line continues after it', async () => {
    const options = world();
    const first = await begin(options);
    await first.leave();
    const file = join(options.folder, `${first.id}.jsonl`);
    await appendFile(file, '{"step":"creat');
    const [open] = await list(options);
    const second = open && (await resumeOperation(options, open));
    expect(second?.steps).toEqual([]);
    await second?.note({ step: 'creating' });
    await second?.leave();
    const [again] = await list(options);
    expect(again?.steps.map(({ step }) => step)).toEqual(['creating']);
  });

  test('before it recorded its escrow clears both', async () => {
    const options = world();
    const first = await begin(options);
    await first.leave();
    const file = join(options.folder, `${first.id}.jsonl`);
    writeFileSync(file, `${readFileSync(file, 'utf8').split('\n')[0]}\n`);
    const [open] = await list(options);
    const second = open && (await resumeOperation(options, open));
    expect(second?.escrow).toBeUndefined();
    await second?.end();
    expect(options.keychain.items.size).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});

test('a file with an incomplete first line is removed', async () => {
  const options = world();
  makePrivateFolder(options.folder);
  writeFileSync(join(options.folder, 'torn.jsonl'), '{"version":1');
  expect(await list(options)).toEqual([]);
  expect(readdirSync(options.folder)).toEqual([]);
});

test('no operation begins if the journal cannot be written', async () => {
  const options = world();
  writeFileSync(join(options.folder, '..', '..', 'state'), 'a file');
  const failure = await failureIn(begin(options));
  expect(failure).toMatchObject({ exit: 'failed', code: 'journal_not_written' });
  expect(failure.hints).toEqual([
    'choose another folder with KEYS_HOME (keys help environment)',
    `ls -ld '${join(options.folder, '..', '..', 'state')}'`,
  ]);
});

test('a list of some operations reads the others once', async () => {
  const options = world();
  const [mine, other] = [await begin(options), await begin(options)];
  const headers = new Map<string, Header>();
  const onUnreadable = async (error: Error) => {
    throw error;
  };
  const isWanted = ({ id }: Header) => id === mine.id;
  const listed = async () =>
    (await listOperations(options, onUnreadable, { isWanted, headers })).map(({ header }) => header.id);
  expect(await listed()).toEqual([mine.id]);
  await appendFile(join(options.folder, `${other.id}.jsonl`), 'damaged\n');
  expect(await listed()).toEqual([mine.id]);
  await mine.note({ step: 'creating' });
  const [again] = await listOperations(options, onUnreadable, { isWanted, headers });
  expect(again?.steps.map(({ step }) => step)).toEqual(['creating']);
  await mine.end();
  expect(await listed()).toEqual([]);
});
