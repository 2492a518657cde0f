import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../support/sandbox.ts';
import { providerJsonSchema, providerReference } from './provider-docs.ts';

const docs = join(projectRoot, 'docs');

test('the published JSON Schema is up to date (npm test -- provider-docs -u writes it)', async () => {
  await expect(`${JSON.stringify(providerJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
    join(docs, 'provider.schema.json'),
  );
});

test('the reference page is up to date (npm test -- provider-docs -u writes it)', async () => {
  await expect(providerReference()).toMatchFileSnapshot(join(docs, 'reference', 'providers.md'));
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
