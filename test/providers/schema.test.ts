import { join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { expect, test } from 'vitest';
import { providerSchema, template } from '../../src/providers/declaration/schema.ts';
import { projectRoot } from '../support/sandbox.ts';

test('the published JSON Schema is the one that the program checks with (npm test -- -u writes it)', async () => {
  const schema = toJsonSchema(providerSchema, { definitions: { template } });
  const published = { title: 'A provider of keys', ...schema };
  await expect(`${JSON.stringify(published, undefined, 2)}\n`).toMatchFileSnapshot(
    join(projectRoot, 'docs', 'provider.schema.json'),
  );
});
