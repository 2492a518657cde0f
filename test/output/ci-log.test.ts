import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { harmlessJson, harmlessLines } from '../../src/output/ci-log.ts';
import { spec } from '../support/authority.ts';
import { withAuthority } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';

const ci = { GITHUB_ACTIONS: 'true' };

/** What the runner of GitHub Actions takes for a command: ActionCommand.TryParseV2 and TryParse of actions/runner. */
const isCommand = (line: string) => line.trimStart().startsWith('::') || line.includes('##[');

const odd = fc.string({
  unit: fc.constantFrom(':', '#', '[', ']', ' ', '\n', '\t', 'x', '\u3000', '\u2028', '"', '\\\\'),
});

test('in CI, no line of text is a command; elsewhere, text is unchanged', () => {
  fc.assert(
    fc.property(odd, (text) => {
      expect(harmlessLines(text, ci).split('\n').filter(isCommand)).toEqual([]);
      expect(harmlessLines(text, {})).toBe(text);
    }),
  );
});

test('in CI, no line of JSON is a command; the data is unchanged', () => {
  fc.assert(
    fc.property(fc.array(odd), (texts) => {
      const json = harmlessJson(JSON.stringify(texts, undefined, 2), ci);
      expect(json.split('\n').filter(isCommand)).toEqual([]);
      expect(JSON.parse(json)).toEqual(texts);
    }),
  );
});

describe('text from a server in GitHub Actions', () => {
  const names = [
    '::stop-commands::x',
    ' ::add-mask::y',
    'a\n::stop-commands::z',
    '##[stop-commands]',
    '##[add-mask]q',
    '::a::',
  ];

  test.each([
    ['list'],
    ['list', '--format', 'table'],
    ['list', '--format', 'csv', '--fields', 'name'],
    ['list', '--format', 'tsv', '--fields', 'name,id'],
    ['list', '--json'],
    ['list', '--format', 'ndjson'],
    ['list', '--format', 'yaml'],
    ['show', '::nothing'],
    ['revoke', '::stop-commands::x', '##[stop-commands]', '--yes', '--json'],
    ['create', '::stop-commands::x', '--to', 'file:out.key'],
    ['rotate', '--all', '--to', 'exec:cat {name}'],
  ])('is no workflow command: %s', async (...args) => {
    const box = new Sandbox();
    box.expectSecretIn('out.key');
    await withAuthority(box, async (authority) => {
      for (const name of names)
        await authority.create(spec({ name, description: name, labels: { l: name, 'k##[group]': name } }));
    });
    const run = await box.keys(args, { env: { ...ci, CI: 'true' }, secretOnStderr: true });
    const lines = `${run.stdout}\n${run.stderr}`.split('\n');
    const masks = /^::add-mask::sk_/;
    expect(lines.filter((line) => isCommand(line) && !masks.test(line))).toEqual([]);
    if (args.includes('--json') && args[0] === 'list')
      expect((JSON.parse(run.stdout) as { name: string }[]).map(({ name }) => name).sort()).toEqual(
        [...names].sort(),
      );
  });
});
