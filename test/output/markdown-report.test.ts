import fc from 'fast-check';
import { expect, test } from 'vitest';
import { code, markdownPage, markdownTable } from '../../src/output/markdown-report.ts';
import { anyCharacter } from '../support/any-character.ts';

test.each([
  ['plain', '`plain`'],
  ['', ''],
  ['  ', ''],
  ['a|b', '`a\\x7cb`'],
  ['a\\|b', '`a\\\\x7cb`'],
  ['a`b', '``a`b``'],
  ['`', '`` ` ``'],
  ['``a', '``` ``a ```'],
  [' a ', '`  a  `'],
  ['a\nb', '`a\\nb`'],
  ['@everyone', '`@everyone`'],
  ['<b>#1</b>', '`<b>#1</b>`'],
])('%j is the code %j', (text, markdown) => {
  expect(code(text)).toBe(markdown);
});

test('no text ends its code, its cell or its line', () => {
  const hostile = fc.string({ unit: fc.constantFrom('`', '|', '\\', ' ', '\n', '@', 'a', '\u202e', '\x1b') });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: anyCharacter }), hostile), (text) => {
      const markdown = code(text);
      if (markdown === '') return;
      const [fence = ''] = /^`+/.exec(markdown) ?? [];
      const inside = markdown.slice(fence.length, -fence.length);
      expect(markdown.endsWith(fence)).toBe(true);
      expect([...inside.matchAll(/`+/g)].map(([run]) => run.length)).not.toContain(fence.length);
      expect(inside).not.toMatch(/[|\n\r\x1b\u202e]|^`|`$/);
    }),
  );
});

test('a page is blocks with an empty line between them', () => {
  const table = markdownTable({ head: ['Key', 'Fix'], rows: [[code('ci'), code('keys rotate ci')]] });
  expect(markdownPage(['## Title', table, 'End'])).toBe(
    '## Title\n\n| Key | Fix |\n| --- | --- |\n| `ci` | `keys rotate ci` |\n\nEnd\n',
  );
});
