import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Encoding } from '../../src/output/formats.ts';
import { encoderFor } from '../../src/output/formats.ts';
import { cell } from '../../src/output/values.ts';
import { anyCharacter } from '../support/any-character.ts';
import { collect } from '../support/collect.ts';
import { runs } from '../support/runs.ts';

const columns = ['id', 'name', 'models', 'budgetUsd'];
const one = { id: 'a1', name: 'ci', models: ['small', 'large'], budgetUsd: 9.5, extra: true };
const two = { id: 'b2', name: 'say "hi", ok', models: [], budgetUsd: null };

async function encode(encoding: Encoding, what: object | object[], selection?: string[]): Promise<string> {
  const encoder = await encoderFor(encoding, columns, selection);
  if (!Array.isArray(what)) return encoder.one(what);
  return (await collect(encoder.many(what))).join('');
}

describe('one record', () => {
  test.each<[Encoding, string]>([
    [
      'json',
      '{\n  "id": "a1",\n  "name": "ci",\n  "models": [\n    "small",\n    "large"\n  ],\n  "budgetUsd": 9.5,\n  "extra": true\n}\n',
    ],
    ['ndjson', '{"id":"a1","name":"ci","models":["small","large"],"budgetUsd":9.5,"extra":true}\n'],
    ['csv', 'id,name,models,budgetUsd\na1,ci,"small,large",9.5\n'],
    ['tsv', 'id\tname\tmodels\tbudgetUsd\na1\tci\tsmall,large\t9.5\n'],
    ['plain', 'a1\tci\tsmall,large\t9.5\n'],
    ['yaml', 'id: "a1"\nname: "ci"\nmodels:\n  - "small"\n  - "large"\nbudgetUsd: 9.5\nextra: true\n'],
  ])('as %s', async (encoding, text) => {
    expect(await encode(encoding, one)).toBe(text);
  });
});

describe('several records', () => {
  test('as json are one array', async () => {
    const text = await encode('json', [one, two]);
    expect(JSON.parse(text)).toEqual([one, two]);
    expect(text).toBe(`${JSON.stringify([one, two], undefined, 2)}\n`);
  });

  test('as ndjson are a line each', async () => {
    const lines = (await encode('ndjson', [one, two])).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual([one, two]);
  });

  test('as csv have one header, and quotes where needed', async () => {
    expect(await encode('csv', [one, two])).toBe(
      'id,name,models,budgetUsd\na1,ci,"small,large",9.5\nb2,"say ""hi"", ok",,\n',
    );
  });

  test('as plain lines have no header and stable columns', async () => {
    expect(await encode('plain', [two, one])).toBe('b2\tsay "hi", ok\t\t\na1\tci\tsmall,large\t9.5\n');
  });

  test('as yaml are one document', async () => {
    expect(parse(await encode('yaml', [one, two]))).toEqual([one, two]);
  });

  test.each<[Encoding, string]>([
    ['json', '[]\n'],
    ['ndjson', ''],
    ['csv', 'id,name,models,budgetUsd\n'],
    ['tsv', 'id\tname\tmodels\tbudgetUsd\n'],
    ['yaml', '[]\n'],
    ['plain', ''],
  ])('as %s, where there are none', async (encoding, text) => {
    expect(await encode(encoding, [])).toBe(text);
  });

  test.each<[Encoding]>([['json'], ['ndjson'], ['csv'], ['tsv'], ['yaml'], ['plain']])(
    'as %s come out as they come in',
    async (encoding) => {
      const encoder = await encoderFor(encoding, columns, undefined);
      const read: string[] = [];
      async function* records() {
        for (const record of [one, two]) {
          read.push(record.id);
          yield record;
        }
      }
      for await (const piece of encoder.many(records())) if (piece.includes('ci')) break;
      expect(read).toEqual(['a1']);
    },
  );
});

describe('a selection of fields', () => {
  test.each<[Encoding, string]>([
    ['json', '{\n  "name": "ci",\n  "id": "a1"\n}\n'],
    ['ndjson', '{"name":"ci","id":"a1"}\n'],
    ['csv', 'name,id\nci,a1\n'],
    ['tsv', 'name\tid\nci\ta1\n'],
    ['yaml', 'name: "ci"\nid: "a1"\n'],
    ['plain', 'ci\ta1\n'],
  ])('is kept in its order as %s', async (encoding, text) => {
    expect(await encode(encoding, one, ['name', 'id'])).toBe(text);
  });

  test('omits a missing field in JSON, and leaves its column empty', async () => {
    expect(await encode('ndjson', one, ['id', 'prefix'])).toBe('{"id":"a1"}\n');
    expect(await encode('tsv', [one], ['prefix', 'id'])).toBe('prefix\tid\n\ta1\n');
  });

  test('keeps null, which is not the same as absent', async () => {
    expect(await encode('ndjson', two, ['budgetUsd'])).toBe('{"budgetUsd":null}\n');
  });
});

describe('text from a server', () => {
  const hostile = { id: 'a', name: 'x\ty\nz\r\x1b[2J\u202e"' };

  test.each<[Encoding]>([['json'], ['ndjson'], ['csv'], ['tsv'], ['yaml'], ['plain']])(
    'does not break out of its place in %s',
    async (encoding) => {
      const text = await encode(encoding, hostile, ['id', 'name']);
      expect(text).not.toMatch(/[\x1b\u202e\r]/);
      const lines = text.trimEnd().split('\n');
      const expected = { json: 4, ndjson: 1, csv: 2, tsv: 2, yaml: 2, plain: 1 }[encoding];
      expect(lines).toHaveLength(expected);
      if (encoding === 'tsv' || encoding === 'plain') expect(lines.at(-1)?.split('\t')).toHaveLength(2);
    },
  );
});

// JSON knows no -0.
const anyRecord = fc.dictionary(
  fc.constantFrom('id', 'name', 'weird key: #', 'no', '1'),
  fc.oneof(
    fc.string({ unit: anyCharacter }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom('id', 'name', 'no'),
      fc.array(fc.dictionary(fc.constant('id'), fc.string())),
    ),
  ),
);

test.each<[Encoding, (text: string) => unknown]>([
  ['json', JSON.parse],
  ['yaml', (text) => parse(text)],
])('%s reads back as the same data, whatever it is', async (encoding, read) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { maxLength: 3 }), async (records) => {
      const same = JSON.parse(JSON.stringify(records));
      expect(read(await encode(encoding, records))).toEqual(same);
      for (const record of same) expect(read(await encode(encoding, record))).toEqual(record);
    }),
    runs(150),
  );
});

test.each<Encoding>(['csv', 'tsv'])(
  'a text that a sheet would run as a formula has a quote before it: %s',
  async (encoding) => {
    const texts = ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\t=1', ' =1', '＝1', '\r=1', '=a,"b"'];
    const separator = encoding === 'csv' ? /,(?=')/ : '\t';
    for (const name of texts) {
      const text = await encode(encoding, { id: 'a1', name, models: [name], budgetUsd: -1.5 });
      const [, line = ''] = text.split('\n');
      const cells = line.replaceAll('"\'', "'").split(separator);
      expect(cells[1], name).toMatch(/^'/);
      expect(cells[2], name).toMatch(/^'/);
      expect(line).toMatch(/-1\.5$/);
      expect(line).not.toContain("'-1.5");
    }
  },
);

test('plain lines, JSON and a secret are exact', async () => {
  expect(await encode('plain', { id: '-a', name: '=1' })).toBe('-a\t=1\t\t\n');
  expect(JSON.parse(await encode('json', { id: '-a' }))).toEqual({ id: '-a' });
  expect(await encode('csv', { secret: '=EXAMPLE' }, ['secret'])).toBe('secret\n=EXAMPLE\n');
});

test('foreign text as a YAML key never starts a line like a CI command', async () => {
  const record = { labels: { '::stop-commands::x': '1', 'a##[stop-commands]': '2' } };
  const text = await encode('yaml', record);
  expect(text).not.toMatch(/^\s*::/m);
  expect(parse(text)).toEqual(record);
});

test('yaml keeps each text on one line, whatever line breaks it contains', async () => {
  const name = `${'long '.repeat(20)}\n::stop-commands::x\n\n  ::error::y\r\n##[z]\u2028::w`;
  const record = { id: 'a1', name, labels: { [name]: name }, models: [name] };
  const text = await encode('yaml', record);
  expect(parse(text)).toEqual(record);
  expect(text.split(/[\n\r\u2028]/).filter((line) => /^[\s?:-]*::/.test(line))).toEqual([]);
  expect(text.trimEnd().split('\n')).toHaveLength(6);
});

test('yaml has names of any length, and nested lists and objects', async () => {
  const record = {
    labels: {
      ['k'.repeat(1200)]: 'v',
      ['"'.repeat(600)]: { inner: [1, [], [2, [3]], { a: {}, b: [{ c: null }] }] },
    },
    Yes: true,
  };
  expect(parse(await encode('yaml', [record, {}, record]))).toEqual([record, {}, record]);
  expect(parse(await encode('yaml', record))).toEqual(record);
});

test('a cell of a sheet is its text, with what a sheet needs', async () => {
  const piece = fc.constantFrom(
    'a',
    'Z9',
    '_',
    ' ',
    '=',
    '-',
    '@',
    '＝',
    '\\',
    't',
    '\t',
    ',',
    '"',
    '\x1b',
    'é',
    '~',
  );
  const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
  const value = fc.oneof(
    text,
    fc.array(text, { maxLength: 2 }),
    fc.dictionary(text, text, { maxKeys: 2 }),
    fc.double(),
  );
  const formula = /^\s*[=+@\-＝＋＠－]|^\\[tr]/;
  await fc.assert(
    fc.asyncProperty(fc.oneof(value, fc.constantFrom(null, true)), text, async (id, secret) => {
      const whole = cell(id);
      const idCell = formula.test(whole) && typeof id !== 'number' ? `'${whole}` : whole;
      const cells = [idCell, cell(secret)];
      const quoted = cells.map((one) => (/[",]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one));
      const fields = ['id', 'secret'];
      expect(await encode('tsv', { id, secret }, fields)).toBe(`id\tsecret\n${cells.join('\t')}\n`);
      expect(await encode('csv', { id, secret }, fields)).toBe(`id,secret\n${quoted.join(',')}\n`);
    }),
    runs(1000),
  );
});
