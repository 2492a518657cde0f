import fc from 'fast-check';
import { expect, test } from 'vitest';
import { after, SpanEnd } from '../../src/base/time.ts';
import type { Key } from '../../src/keys/key.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import type { WrittenKey } from '../../src/manifest/write-manifest.ts';
import { manifestOf, schemaUrl, writeManifest } from '../../src/manifest/write-manifest.ts';
import { inWriting } from '../../src/manifest/written-key.ts';
import { anyCharacter } from '../support/any-character.ts';
import { runs } from '../support/runs.ts';
import { keysJsonSchema } from './keys-schema.ts';

const context = { env: {}, folder: '/project', checkSink: () => undefined };

function readBack(text: string) {
  const { state, faults } = parseManifest(text, 'keys.yaml', context);
  expect(faults).toEqual([]);
  return state;
}

function write(profile: string | undefined, keys: readonly WrittenKey[], remarks: readonly string[] = []) {
  return writeManifest(manifestOf(profile, keys), remarks);
}

test('the file reads like one written by hand', () => {
  const key = {
    name: 'ci',
    description: 'deploys, every day',
    expires: '90d',
    permissions: ['read', 'models:list'],
    rateLimitRpm: 60,
    budgetUsd: 9.5,
    models: ['gpt-4.1'],
    labels: { team: 'search', on: 'yes' },
  };
  const text = write('local', [key, { name: 'web' }, { name: '2027-01-31' }], ['one remark']);
  expect(text.split('\n').slice(3).join('\n')).toBe(`# one remark
profile: local
keys:
  ci:
    description: "deploys, every day"
    expires: 90d
    permissions: [read, "models:list"]
    rateLimitRpm: 60
    budgetUsd: 9.5
    models: [gpt-4.1]
    labels: { team: search, "on": "yes" }
  web: {}
  2027-01-31: {}
`);
});

test('a file without keys can be read', () => {
  expect(readBack(write('local', []))).toMatchObject({ profile: 'local', keys: [] });
});

test('keys of the same name are told apart by their profiles', () => {
  const keys = ['local', 'prod', 'test'].map((profile) => ({ name: 'ci', profile }));
  const text = write(undefined, [...keys, { name: 'ci@test', profile: 'local' }]);
  expect(text).toContain('ci@prod:');
  expect(readBack(text)?.keys).toMatchObject([...keys, { name: 'ci@test', profile: 'local' }]);
});

/** Text as a hostile server may send it: any character, and what YAML and the file give a meaning. */
const foreign = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        '${',
        '$',
        '{',
        '}',
        ': ',
        ' #',
        '- ',
        '\n',
        '\r',
        '\t',
        '"',
        "'",
        '\\',
        '&a',
        '*a',
        '<<',
        '!',
        '|',
        '>',
        '%',
        '@',
        '`',
        '~',
        'null',
        'yes',
        '0x1',
        '1e3',
        '.inf',
        '\u202e',
        '\u2028',
        '\x1b[0m',
        '\0',
        '\x7f',
        '\ufeff',
        '__proto__',
        'constructor',
        '::add-mask::',
        '---',
        'ci',
      ),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('__proto__', 'prototype', 'constructor', 'toString', '<<', 'x'.repeat(3000), '-', '?', '='),
);
const name = foreign.filter((text) => text !== '');

const anyKey: fc.Arbitrary<WrittenKey> = fc.record(
  {
    name,
    description: name,
    permissions: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
    models: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
    labels: fc
      .array(fc.tuple(name, foreign), { minLength: 1, maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
    rateLimitRpm: fc.integer({ min: 1 }),
    budgetUsd: fc.integer({ min: 1, max: 999_999_999 }).map((cents) => cents / 100),
  },
  { requiredKeys: ['name'] },
);

test('whatever the texts of a server are, they are read back as they were', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyKey, { selector: (key) => key.name, maxLength: 4 }),
      foreign,
      (keys, remark) => {
        const text = write('local', keys, [remark]);
        expect(readBack(text)?.keys.map(({ at: _, to: __, ...key }) => key)).toEqual(keys);
        // Nothing that a terminal or a CI log acts on.
        expect(text).not.toMatch(/[^\n -~\u00a0-\uffff]|[\u2028\u202e\ufeff]|^::/m);
      },
    ),
    runs(500),
  );
});

const created = new Date('2026-11-20T12:00:00.250Z');

function expiresOf(
  expiresAt: string | null | undefined,
  createdAt: string | undefined = created.toISOString(),
) {
  const key = { id: 'k', name: 'ci', status: 'active', createdAt, expiresAt } as Key;
  return inWriting(key, {}).written.expires;
}

test.each([
  [null, 'never'],
  [undefined, undefined],
  [new SpanEnd(created, { months: 0, milliseconds: 90 * 86_400_000 }).toISOString(), '90d'],
  [after(created, { months: 0, milliseconds: 36 * 3_600_000 }).toISOString(), '36h'],
  ['2027-01-31T23:59:59Z', '2027-01-31'],
  ['2027-01-31T18:00:01Z', '2027-01-31T18:00:01Z'],
  ['2027-01-31T18:00:01.500Z', '2027-01-31T18:00:01.500Z'],
])('an expiry at %s is written as %s', (expiresAt, written) => {
  expect(expiresOf(expiresAt)).toBe(written);
});

test.each([
  ['2026-11-22T23:59:30.000Z', '2027-01-31'],
  ['2026-11-22T23:59:59.250Z', '70d'],
  ['2026-11-23T00:00:00.000Z', '2027-01-31'],
  ['2026-11-23T00:00:04.250Z', '2027-01-31'],
])('the end of a date, in a key made at %s, is written as %s', (createdAt, written) => {
  expect(expiresOf('2027-01-31T23:59:59Z', createdAt)).toBe(written);
});

test('an API with fixed lifetimes gets one of them', () => {
  const end = after(created, { months: 6, milliseconds: 0 }).toISOString();
  const key: Key = {
    id: 'k',
    name: 'ci',
    status: 'active',
    createdAt: created.toISOString(),
    expiresAt: end,
  };
  expect(inWriting(key, { expirySteps: ['90d', '6mo'] }).written.expires).toBe('6mo');
});

test('a text that looks like a secret is left out, and said to be', () => {
  const secret = `sk_0123456789abcdef_${'a'.repeat(43)}_abcdef`;
  const key: Key = {
    id: 'k',
    name: 'ci',
    status: 'active',
    description: `is ${secret}`,
    labels: { [secret]: 'x' },
  };
  expect(inWriting(key, {})).toEqual({
    written: { name: 'ci' },
    remarks: [
      'description of ci is left out: it looks like a secret',
      'labels of ci is left out: it looks like a secret',
    ],
  });
});

test('the file names the published schema', () => {
  expect(write('local', [])).toContain(`$schema=${schemaUrl}\n`);
  expect(keysJsonSchema().$id).toBe(schemaUrl);
});
