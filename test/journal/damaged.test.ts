import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeysError } from '../../src/base/errors.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Escrow } from '../../src/journal/escrow.ts';
import type { JournalOptions } from '../../src/journal/journal.ts';
import { openJournal, resumeOperation } from '../../src/journal/journal.ts';
import { listOperations } from '../../src/journal/operations.ts';
import type { Plan, Step } from '../../src/keys/operations/operation.ts';
import { makePrivateFolder } from '../../src/platform/paths.ts';
import { runs } from '../support/runs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* A damaged journal file is reported and left alone, and the others are still read. */

const setting = { profile: 'local', provider: 'local', url: null, cwd: '/work' };
const plan: Plan = {
  kind: 'rotate',
  name: 'ci "ü"',
  sinks: ['file:a', 'env:.env#K'],
  known: ['old00001'],
  replaces: { id: 'old00001', grace: 1000, expiresAt: null },
};
const steps: Step[] = [
  { step: 'creating', limit: 30_000 },
  { step: 'created', id: 'new00001', fingerprint: 'a.b' },
  { step: 'delivering', sink: 'file:a' },
  { step: 'delivered', sink: 'file:a', verified: true },
  { step: 'undelivered', sink: 'env:.env#K', reason: 'EACCES' },
  { step: 'superseded', until: '2026-12-01T00:00:00.000Z' },
];

function journal(held?: Map<string, { id: string; name: string; secret: Secret }>): JournalOptions {
  const escrow: Escrow = {
    describe: () => 'memory',
    reserve: async () => {},
    put: async () => {},
    get: async (operation) => held?.get(operation),
    erase: async () => {},
  };
  return {
    folder: join(temporaryFolder(), 'operations'),
    escrows: { keychain: async () => escrow, file: async () => escrow, allowed: ['file'] },
    now: () => new Date('2026-11-20T12:00:00.000Z'),
    makeFolder: makePrivateFolder,
    warn: async () => {},
  };
}

/** An operation with all kinds of steps; the path of its file. */
async function written(options: JournalOptions): Promise<string> {
  const operation = await openJournal(options, setting).begin(plan);
  for (const step of steps) await operation.note(step);
  await operation.leave();
  return join(options.folder, `${operation.id}.jsonl`);
}

async function listed(options: JournalOptions) {
  const errors: KeysError[] = [];
  const operations = await listOperations(options, async (error) => void errors.push(error));
  return { operations, errors: errors.map(({ failure }) => failure) };
}

const damages: [string, (file: string) => void, reason: string][] = [
  ['holds null', (file) => writeFileSync(file, 'null\n'), 'does not describe an operation'],
  ['holds a number', (file) => writeFileSync(file, '7\n'), 'does not describe an operation'],
  ['holds a list', (file) => writeFileSync(file, '[]\n'), 'does not describe an operation'],
  ['is of a later version', (file) => writeFileSync(file, '{"version":2}\n'), 'by a later version of keys'],
  ['is binary', (file) => writeFileSync(file, Buffer.from([0, 255, 254, 10, 1, 2])), 'last line is damaged'],
  ['is not UTF-8', (file) => writeFileSync(file, Buffer.from([0xff, 0xfe, 10])), 'it is not text'],
  ['is text', (file) => writeFileSync(file, 'hello\nworld\n'), 'does not describe an operation'],
  ['is blank', (file) => writeFileSync(file, '\n\n\n'), 'does not describe an operation'],
  [
    'has a byte order mark',
    (file) => writeFileSync(file, `\ufeff${readFileSync(file)}`),
    'does not describe',
  ],
  ['is a folder', (file) => mkdirSync(file), 'it is a folder'],
  ['is a FIFO', (file) => void spawnSync('mkfifo', [file]), 'it is not a plain file'],
  ['is a symbolic link', (file) => symlinkSync('/etc/passwd', file), 'ELOOP'],
  [
    'is huge',
    (file) => {
      writeFileSync(file, '');
      truncateSync(file, 5 * 1024 ** 3);
    },
    'it is larger than 4096 KiB',
  ],
];

describe.each(damages)('a file that %s', (what, damage, reason) => {
  test('is reported and kept, and does not hide the others', async () => {
    const options = journal();
    const other = await written(options);
    const bad = join(options.folder, 'bad22222.jsonl');
    if (what === 'has a byte order mark') writeFileSync(bad, readFileSync(other));
    damage(bad);
    const { operations, errors } = await listed(options);
    expect(operations.map(({ path }) => path)).toEqual([other]);
    expect(errors).toEqual([
      expect.objectContaining({
        exit: 'unfinished',
        code: 'operation_unreadable',
        operation: 'bad22222',
        message: expect.stringContaining(reason),
      }),
    ]);
    expect(errors[0]?.message).toContain(bad);
    expect(readdirSync(options.folder)).toContain('bad22222.jsonl');
  });
});

test('a file that cannot be read is reported', async () => {
  const options = journal();
  const path = await written(options);
  rmSync(path);
  // Not even root can read this: a link to itself.
  symlinkSync(path, path);
  expect((await listed(options)).errors[0]?.message).toContain(path);
});

/** A header and steps as versions before checksums wrote them. */
const plain = (changes: object = {}, line: object = {}, id = 'bad22222') => {
  const header = { version: 1, id, at: '2026-11-20T12:00:00.000Z', plan, setting, ...changes };
  const step = { at: '2026-11-20T12:00:00.000Z', step: 'created', id: 'new00001', ...line };
  return `${JSON.stringify(header)}\n${JSON.stringify(step)}\n`;
};

test('a file from before checksums is read, even with half a line in it', async () => {
  const options = journal();
  makePrivateFolder(options.folder);
  const text = plain();
  writeFileSync(join(options.folder, 'bad22222.jsonl'), `${text}{"step":"deli\n${text.split('\n')[1]}\n`);
  const { operations, errors } = await listed(options);
  expect(errors).toEqual([]);
  expect(operations[0]?.steps.map(({ step }) => step)).toEqual(['created', 'created']);
  const taken = operations[0] && (await resumeOperation(options, operations[0]));
  await taken?.note({ step: 'lost', reason: 'x' });
  await taken?.leave();
  expect((await listed(options)).operations[0]?.steps).toHaveLength(3);
});

test.each<[string, object, object?]>([
  ['no plan', { plan: undefined }],
  ['a plan that is null', { plan: null }],
  ['an unknown kind', { plan: { ...plan, kind: 'destroy' } }],
  ['sinks that are no list', { plan: { ...plan, sinks: 'file:a' } }],
  ['a sink that is a number', { plan: { ...plan, sinks: [7] } }],
  ['known keys that are missing', { plan: { ...plan, known: undefined } }],
  ['a name that is a number', { plan: { ...plan, name: 7 } }],
  ['a grace that is a text', { plan: { ...plan, replaces: { id: 'a', grace: '7d' } } }],
  ['a setting that is a text', { setting: 'local' }],
  ['an invalid URL', { setting: { ...setting, url: 'nowhere' } }],
  ['a folder that is missing', { setting: { ...setting, cwd: undefined } }],
  ['an invalid time', { at: 'yesterday' }],
  ['the id of another operation', { id: 'other222' }],
  ['a step that is not known', {}, { step: 'destroyed' }],
  ['a step without its id', {}, { id: undefined }],
  ['a step with an id that is a number', {}, { id: 7 }],
  ['a step without a time', {}, { at: undefined }],
  ['an escrow that is not known', {}, { step: 'reserved', escrow: 'cloud' }],
  ['a superseded key with an odd time', {}, { step: 'superseded', until: 'soon' }],
])('a file with %s is reported', async (_, changes, line) => {
  const options = journal();
  makePrivateFolder(options.folder);
  writeFileSync(join(options.folder, 'bad22222.jsonl'), plain(changes, line));
  const { operations, errors } = await listed(options);
  expect(operations).toEqual([]);
  expect(errors).toMatchObject([{ code: 'operation_unreadable', operation: 'bad22222' }]);
});

test('a truncated file is removed, unless its secret is in escrow', async () => {
  const held = new Map<string, { id: string; name: string; secret: Secret }>();
  const options = journal(held);
  makePrivateFolder(options.folder);
  const file = join(options.folder, 'bad22222.jsonl');
  for (const text of ['', '{"ver', '{"version":1,"id":"bad22222","at":"20']) {
    writeFileSync(file, text);
    expect(await listed(options)).toEqual({ operations: [], errors: [] });
    expect(readdirSync(options.folder)).toEqual([]);
  }
  held.set('bad22222', { id: 'a', name: 'b', secret: new Secret('sk_canary_EXAMPLE') });
  writeFileSync(file, '{"version":1,"id":"bad22222"');
  expect((await listed(options)).errors).toMatchObject([{ operation: 'bad22222' }]);
  expect(readdirSync(options.folder)).toEqual(['bad22222.jsonl']);
});

test('a damaged file yields what was written, a prefix of it, or an error', async () => {
  const options = journal();
  const file = await written(options);
  const original = readFileSync(file);
  const [whole] = (await listed(options)).operations;
  const at = fc.nat(original.length - 1);
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('byte'), at, byte: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ kind: fc.constant('cut'), at }),
    fc.record({ kind: fc.constant('remove'), at, length: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ kind: fc.constant('insert'), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
    fc.record({ kind: fc.constant('line'), line: fc.nat(7), by: fc.integer({ min: -1, max: 1 }) }),
  );
  await fc.assert(
    fc.asyncProperty(mutation, async (one) => {
      writeFileSync(file, mutated(original, one));
      const { operations, errors } = await listed(options);
      if (operations[0]) {
        const { steps: found, header } = operations[0];
        expect(header).toEqual(whole?.header);
        expect(found).toEqual(whole?.steps.slice(0, found.length));
      } else expect(errors.length).toBeLessThanOrEqual(1);
      expect(operations.length + errors.length).toBeLessThanOrEqual(1);
    }),
    runs(500),
  );
});

type Mutation =
  | { kind: 'byte'; at: number; byte: number }
  | { kind: 'cut'; at: number }
  | { kind: 'remove'; at: number; length: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'line'; line: number; by: number };

function mutated(original: Buffer, one: Record<string, unknown>): Buffer {
  const mutation = one as unknown as Mutation;
  const bytes = Buffer.from(original);
  if (mutation.kind === 'line') {
    // A line that is missing, repeated or moved.
    const lines = String(original).split(/(?<=\n)/);
    const [line = ''] = lines.splice(mutation.line, 1);
    if (mutation.by !== -1)
      lines.splice(mutation.line + mutation.by, 0, ...(mutation.by === 0 ? [line, line] : [line]));
    return Buffer.from(lines.join(''));
  }
  const { at } = mutation;
  if (mutation.kind === 'byte') bytes[at] = mutation.byte;
  if (mutation.kind === 'cut') return bytes.subarray(0, at);
  if (mutation.kind === 'remove')
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + mutation.length)]);
  if (mutation.kind === 'insert')
    return Buffer.concat([bytes.subarray(0, at), mutation.bytes, bytes.subarray(at)]);
  return bytes;
}
