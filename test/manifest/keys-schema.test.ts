import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectRoot } from '../support/sandbox.ts';
import { keysJsonSchema } from './keys-schema.ts';

test('the published JSON Schema is up to date (npm test -- keys-schema -u writes it)', async () => {
  await expect(`${JSON.stringify(keysJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
    join(projectRoot, 'docs', 'keys.schema.json'),
  );
});

const isValid = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(keysJsonSchema() as object);

test.each([
  'keys: { ci: }',
  'keys: { ci: { expires: 90d, rateLimitRpm: none, budgetUsd: 9.5, rotate: { grace: 0 } } }',
  'profile: local\ndefaults: { labels: { a: b } }\naudit: { failOn: error, require: [expiry] }',
])('it accepts %j', (text) => {
  expect(isValid(parse(text))).toBe(true);
});

test.each([
  'keys: [ci]',
  'keys: { ci: { expires: 90 } }',
  'keys: { ci: { rateLimitRpm: many } }',
  'keys: { ci: { budgetUsd: 0 } }',
  'keys: { ci: { to: "" } }',
  'key: {}',
  'defaults: { name: ci }',
  'audit: { failOn: never }',
])('it refuses %j', (text) => {
  expect(isValid(parse(text))).toBe(false);
});
