import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../src/base/errors.ts';
import { Secret } from '../../src/base/secret.ts';
import type { DestinationRequest } from '../../src/sinks/destinations.ts';
import { resolveDestination } from '../../src/sinks/destinations.ts';
import { parseSink, sinkKinds } from '../../src/sinks/sink-spec.ts';
import { failureIn } from '../support/failure.ts';
import { fakeIo } from '../support/fake-io.ts';
import { key } from '../support/key.ts';
import { sinkContext } from '../support/sink-context.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('a sink', () => {
  test.each([
    ['stdout', { kind: 'stdout' }],
    ['file:token', { kind: 'file', path: 'token' }],
    ['file:/run/my secrets/a:b#c', { kind: 'file', path: '/run/my secrets/a:b#c' }],
    ['env:.env#API_KEY', { kind: 'env', path: '.env', variable: 'API_KEY' }],
    ['env:dir#1/.env#_key2', { kind: 'env', path: 'dir#1/.env', variable: '_key2' }],
  ])('%j is accepted', (text, spec) => {
    expect(parseSink(text)).toEqual({ ...spec, text });
  });

  test.each([
    ['', 'is not a sink; expected stdout, file:PATH, env:PATH#NAME, keychain:NAME'],
    ['token', 'is not a sink'],
    ['STDOUT', 'is not a sink'],
    ['stdout:', 'is not a sink'],
    ['files:token', 'is not a sink'],
    ['/etc/token', 'is not a sink'],
    ['file:', 'has no path'],
    ['env:', 'is invalid; expected env:PATH#NAME'],
    ['env:.env', 'is invalid; expected env:PATH#NAME'],
    ['env:.env#', 'is invalid; expected env:PATH#NAME'],
    ['env:#API_KEY', 'is invalid; expected env:PATH#NAME'],
    ['env:.env#API-KEY', "'API-KEY' is not a variable name"],
    ['env:.env#1ST', 'is not a variable name'],
    ['env:.env#API KEY', 'is not a variable name'],
    ['env:.env#A\nB=1', 'is not a variable name'],
  ])('%j is refused: %s', (text, reason) => {
    expect(() => parseSink(text)).toThrow(InvalidValue);
    expect(() => parseSink(text)).toThrow(reason);
  });

  test('every kind in the help can be parsed', () => {
    const examples = Object.keys(sinkKinds).map((kind) =>
      kind.replaceAll(/[A-Z]+/g, (word) => word.toLowerCase()),
    );
    const kinds = examples.map((kind) => parseSink(kind).kind);
    expect(new Set(kinds)).toEqual(
      new Set(['stdout', 'file', 'env', 'keychain', 'login', 'clipboard', 'exec', 'preset']),
    );
  });
});

interface Case {
  terminal?: boolean;
  to?: string[];
  secretOnly?: boolean;
  format?: string;
  fields?: string[];
}

function world({ terminal = false, to = [], secretOnly = false, format, fields }: Case) {
  const cwd = temporaryFolder();
  const fake = fakeIo({ cwd, env: {}, ...(terminal && { terminal: 80 }) });
  const request: DestinationRequest = {
    to: to.map(parseSink),
    secretOnly,
    format,
    fields,
    context: sinkContext(cwd),
  };
  return { ...fake, cwd, resolve: () => resolveDestination(fake.io, request) };
}

type Form = 'record' | 'bare' | 'elsewhere';

/** The form in which stdout receives the secret, and the names of the sinks. */
async function formOn(given: Case): Promise<{ form: Form; sinks: string[] }> {
  const { resolve, stdout } = world(given);
  const destination = await resolve();
  const presented: string[] = [];
  const sinks = destination.sinks(async (_, value) => void presented.push(value));
  const delivery = { secret: new Secret('sk_EXAMPLE'), key: key(), delivered: [], operation: 'op000001' };
  for (const sink of sinks) await sink.deliver(delivery);
  const form = presented.length > 0 ? 'record' : stdout() === 'sk_EXAMPLE\n' ? 'bare' : 'elsewhere';
  const promised = { record: 'record', bare: 'secret', elsewhere: 'nothing' };
  expect(destination.stdout).toBe(promised[form]);
  expect(destination.places).toEqual(sinks.filter(({ name }) => name !== 'stdout'));
  return { form, sinks: sinks.map(({ name }) => name) };
}

describe('on a terminal', () => {
  test.each<[string, Case, Form]>([
    ['nothing said', {}, 'record'],
    ['--to stdout', { to: ['stdout'] }, 'record'],
    ['--json', { format: 'json' }, 'record'],
    ['--format csv', { format: 'csv' }, 'record'],
    ['--secret-only', { secretOnly: true }, 'bare'],
    ['a file', { to: ['file:token'] }, 'elsewhere'],
  ])('%s', async (_, given, form) => {
    expect((await formOn({ ...given, terminal: true })).form).toBe(form);
  });
});

describe('off a terminal', () => {
  test.each<[string, Case, Form]>([
    ['--json', { format: 'json' }, 'record'],
    ['--format ndjson', { format: 'ndjson' }, 'record'],
    ['--format yaml', { format: 'yaml' }, 'record'],
    ['--json with the field secret', { format: 'json', fields: ['id', 'secret'] }, 'record'],
    ['--to stdout', { to: ['stdout'] }, 'bare'],
    ['--to stdout --format csv', { to: ['stdout'], format: 'csv' }, 'record'],
    ['--to stdout --json', { to: ['stdout'], format: 'json' }, 'record'],
    ['--secret-only', { secretOnly: true }, 'bare'],
    ['--secret-only --to stdout', { secretOnly: true, to: ['stdout'] }, 'bare'],
    ['a file', { to: ['file:token'] }, 'elsewhere'],
    ['a file and --json', { to: ['file:token'], format: 'json' }, 'elsewhere'],
    [
      'a file and --json without the secret',
      { to: ['file:token'], format: 'json', fields: ['id'] },
      'elsewhere',
    ],
    ['a file and --secret-only', { to: ['file:token'], secretOnly: true }, 'bare'],
    ['a file and stdout', { to: ['file:token', 'stdout'] }, 'bare'],
  ])('%s', async (_, given, form) => {
    expect((await formOn(given)).form).toBe(form);
  });

  test.each<[string, Case]>([
    ['nothing', {}],
    ['--format csv', { format: 'csv' }],
    ['--format tsv', { format: 'tsv' }],
    ['--format table', { format: 'table' }],
  ])('%s does not ask for the secret, and is refused before a key exists', async (_, given) => {
    expect(await failureIn(world(given).resolve())).toMatchObject({
      exit: 'usage',
      message: 'stdout is not a terminal, and no destination for the secret was given; no key was created',
      hints: [
        'choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)',
        'or print it: --json for the record with its secret, --secret-only for the secret alone',
      ],
    });
  });
});

test('sinks are used in the order given, stdout last', async () => {
  const to = ['stdout', 'env:.env#KEY', 'file:token', 'stdout'];
  expect((await formOn({ to })).sinks).toEqual(['env:.env#KEY', 'file:token', 'stdout']);
});

test('relative paths start from the working folder', async () => {
  const { cwd, resolve } = world({ to: ['file:missing/token'] });
  await expect((await resolve()).places[0]?.check()).rejects.toThrow(join(cwd, 'missing'));
});

test.each([true, false])(
  'fields that would print the record without the secret are refused (terminal: %s)',
  async (terminal) => {
    const { resolve } = world({ terminal, format: 'json', fields: ['id', 'name'] });
    expect(await failureIn(resolve())).toMatchObject({
      exit: 'usage',
      message:
        'the selected fields leave out the secret, which could never be shown again; no key was created',
      hints: [
        '--json id,name,secret',
        'or choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)',
      ],
    });
  },
);

test.each(['json', 'table', 'csv'])('--secret-only contradicts --format %s', async (format) => {
  expect(await failureIn(world({ secretOnly: true, format }).resolve())).toMatchObject({
    exit: 'usage',
    message: `--secret-only prints no record: drop --format ${format}`,
  });
});
