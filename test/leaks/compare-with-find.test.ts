import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plantCorpus } from '../../scripts/leak-corpus.mjs';
import { Secret } from '../../src/base/secret.ts';
import { valuesIn } from '../../src/base/values-in.ts';
import { authorityFormats, finderOf } from '../../src/leaks/sought-formats.ts';
import { TextSearch } from '../../src/leaks/text-search.ts';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/* `keys find` takes a text for more than `keys leaks` does, and must miss nothing that `keys leaks` finds in it. */

const declared = (await builtInProviders()).flatMap(({ values = [] }) => values);
const formats = [...authorityFormats, ...declared.map((text) => ({ text, provider: 'any' }))];
const finder = finderOf(formats);

function leaksIn(bytes: Buffer): string[] {
  const values: string[] = [];
  const search = new TextSearch(finder, ({ value }) => void values.push(value));
  search.begin();
  search.write(bytes);
  search.end();
  return values;
}

/** Which of the values that `keys leaks` found in it `keys find` would not look for. */
function missedIn(bytes: Buffer, leaks: readonly string[]): string[] {
  const considered = new Set(valuesIn(new Secret(bytes.toString())).map((value) => value.reveal()));
  return leaks.filter((value) => !considered.has(value));
}

function plantedFiles(): Buffer[] {
  const folder = temporaryFolder();
  plantCorpus(
    folder,
    formats.map(({ text }) => text),
    300,
  );
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
}

test('in files of each kind', () => {
  const files = plantedFiles();
  expect(files.flatMap(leaksIn).length).toBeGreaterThan(250);
  expect(files.flatMap((file) => missedIn(file, leaksIn(file)))).toEqual([]);
});

test('between any two characters', () => {
  const files = plantedFiles();
  const values = [...new Map(files.flatMap(leaksIn).map((value) => [value.slice(0, 4), value])).values()];
  const around = [
    '',
    'x',
    '9',
    '_',
    '-',
    '.',
    '/',
    '=',
    '\\n',
    '%3D',
    '\u001b[31m',
    'é',
    '@',
    'a.b.c.d.e.f.g.h.i.j.k.l.m.n.',
  ];
  let count = 0;
  const missed: string[] = [];
  for (const value of values)
    for (const before of around)
      for (const after of around) {
        const text = Buffer.from(`at ${before}${value}${after} end`);
        const leaks = leaksIn(text);
        missed.push(...missedIn(text, leaks).map((leak) => `${before}, ${after}: ${leak}`));
        count += leaks.length;
      }
  expect(missed).toEqual([]);
  expect(count).toBeGreaterThan(500);
});
