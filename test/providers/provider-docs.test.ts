import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { projectRoot } from '../support/sandbox.ts';
import { providerJsonSchema, providerReference } from './provider-docs.ts';
import { providerIndex, providerPage } from './provider-pages.ts';

const docs = join(projectRoot, 'docs');

test('the published JSON Schema is up to date (npm test -- provider-docs -u writes it)', async () => {
  await expect(`${JSON.stringify(providerJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
    join(docs, 'provider.schema.json'),
  );
});

test('the reference page is up to date (npm test -- provider-docs -u writes it)', async () => {
  await expect(providerReference()).toMatchFileSnapshot(join(docs, 'reference', 'providers.md'));
});

test('the pages of the built-in providers are up to date (npm test -- provider-docs -u writes them)', async () => {
  const providers = await builtInProviders();
  const folder = join(docs, 'providers');
  await expect(providerIndex(providers)).toMatchFileSnapshot(join(folder, 'README.md'));
  for (const provider of providers) {
    await expect(providerPage(provider)).toMatchFileSnapshot(join(folder, `${provider.id}.md`));
  }
  const ids = readdirSync(folder).map((file) => file.replace('.md', ''));
  expect(ids.sort()).toEqual(['README', ...providers.map(({ id }) => id)].sort());
});

test('every built-in declaration says what it is taken from', async () => {
  const unsourced = (await builtInProviders()).filter(
    ({ docs, asOf }) => docs === undefined || asOf === undefined,
  );
  // The authority is this project's own.
  expect(unsourced.map(({ id }) => id)).toEqual(['authority']);
});

test('built-in declarations end what they are taken from with a link', async () => {
  const unlinked = (await builtInProviders()).filter(({ docs }) => !/(^|, )https:\/\/\S+$/.test(docs ?? ''));
  // No public page that describes the keys of these two is known; the authority is this project's own.
  expect(unlinked.map(({ id }) => id).sort()).toEqual(['authority', 'deepinfra', 'drun']);
});

test('every field has a description', () => {
  const bare: string[] = [];
  const visit = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [name, value] of Object.entries(schema)) {
      const path = `${at}/${name}`;
      if (at.endsWith('/properties') && typeof value === 'object' && !value.description && !value.const)
        bare.push(path);
      visit(value, path);
    }
  };
  visit(providerJsonSchema(), '');
  expect(bare).toEqual([]);
});
