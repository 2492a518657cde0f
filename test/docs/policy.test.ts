import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonSchema } from '@valibot/to-json-schema';
import { expect, test } from 'vitest';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { parseSink } from '../../src/sinks/sink-spec.ts';
import { keysJsonSchema } from '../manifest/keys-schema.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';

/* The parts of docs/policy.md that the program decides. `npm test -- test/docs -u` writes them anew. */

const path = join(projectRoot, 'docs', 'policy.md');
const now = new Date('2026-11-20T12:00:00Z');
const terminal = { terminal: 110, now, env: { NO_COLOR: '1', LANG: 'en_US.UTF-8' } };

function expectPart(start: string, end: string, content: string): void {
  const text = readFileSync(path, 'utf8');
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from);
  const { snapshotUpdateState } = expect.getState().snapshotState;
  if (snapshotUpdateState === 'all') writeFileSync(path, text.slice(0, from) + content + text.slice(to));
  else expect(text.slice(from, to)).toBe(content);
}

const examples = [...readFileSync(path, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(
  ([, text = '']) => text,
);

test.each(examples)('the example %# is a valid file', (text) => {
  const context = {
    env: { GITHUB_REPOSITORY: 'acme/api' },
    folder: '/project',
    checkSink: (place: string) => void parseSink(place),
  };
  expect(parseManifest(text, 'keys.yaml', context).faults).toEqual([]);
});

test('the table of fields is that of the shape', () => {
  const { properties: top = {} } = keysJsonSchema() as { properties?: Record<string, JsonSchema> };
  const entry = top.keys?.additionalProperties as { anyOf?: readonly JsonSchema[] };
  const key = entry.anyOf?.find(({ properties }) => properties);
  const rows = [
    ...fieldsOf('', { properties: top }),
    ...fieldsOf('keys.NAME.', key ?? {}),
    ...fieldsOf('audit.', top.audit),
  ].map(([name, text]) => `| \`${name}\` | ${text} |\n`);
  expectPart('<!-- fields -->\n', '<!-- /fields -->', `| Field | Meaning |\n| --- | --- |\n${rows.join('')}`);
});

function fieldsOf(prefix: string, schema: unknown): [name: string, text: string][] {
  const { properties = {} } = schema as { properties?: Record<string, JsonSchema> };
  return Object.entries(properties).flatMap(([name, field]): [string, string][] => {
    const meaning = (field.description ?? '').replaceAll(/(?<!\w)(--\w+|\$\{NAME\})/g, '`$1`');
    const own: [string, string] = [`${prefix}${name}`, meaning];
    return name === 'rotate' ? [own, ...fieldsOf(`${prefix}rotate.`, field)] : [own];
  });
}

test('a plan is shown as the program prints it', async () => {
  const box = new Sandbox();
  for (const file of ['ci.key', 'nightly.key']) box.expectSecretIn(file);
  box.write(
    'keys.yaml',
    'keys:\n  ci: { to: ["file:ci.key"] }\n  nightly: { rateLimitRpm: 60, to: ["file:nightly.key"] }\n',
  );
  expect((await box.keys(['apply', '--yes'], { now })).exit).toBe(0);
  await box.keys(['update', 'nightly', '--rate-limit', '600'], { now });
  const { stdout, exit } = await box.keys(['plan'], terminal);
  expect(exit).toBe(8);
  expectPart('<!-- transcript: drift -->\n```text\n$ keys plan\n', '```', stdout);
});

test('faults are shown as the program prints them', async () => {
  const box = new Sandbox();
  box.write('keys.yaml', 'prfile: prod\nkeys:\n  ci:\n    expires: 90\n    olderThan: 60d\n');
  const { stderr, exit } = await box.keys(['plan'], terminal);
  expect(exit).toBe(2);
  expectPart('<!-- transcript: faults -->\n```text\n$ keys plan\n', '```', stderr);
});
