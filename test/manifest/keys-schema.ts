import type { JsonSchema } from '@valibot/to-json-schema';
import { toJsonSchema } from '@valibot/to-json-schema';
import { manifestSchema } from '../../src/manifest/manifest.ts';
import { schemaUrl } from '../../src/manifest/write-manifest.ts';

/** The JSON Schema of keys.yaml, made from the shape that the program checks with. */
export function keysJsonSchema(): JsonSchema {
  const schema = toJsonSchema(
    manifestSchema((place) => place),
    { target: 'draft-2020-12', ignoreActions: ['raw_transform', 'transform', 'check'] },
  );
  return { $id: schemaUrl, title: 'keys.yaml: the keys that there should be', ...schema };
}
