import { expect, test } from 'vitest';
import { drawsBlocks } from '../../src/output/style.ts';

test.each([
  [{ LANG: 'en_US.UTF-8' }, true],
  [{ LANG: 'C.utf8' }, true],
  [{ LANG: 'C', LC_CTYPE: 'de_DE.UTF-8' }, true],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
  [{ LANG: 'ja_JP.eucJP' }, false],
  [{ LC_ALL: '', LANG: 'en_US.UTF-8' }, true],
  [{}, false],
  [{ WT_SESSION: 'b1' }, true],
  [{ TERM_PROGRAM: 'vscode' }, true],
  [{ TERM_PROGRAM: 'unheard-of' }, false],
  [{ TERM: 'dumb', LANG: 'en_US.UTF-8' }, false],
  [{ TERM: 'linux', LANG: 'en_US.UTF-8' }, false],
  [{ TERM: 'dumb', WT_SESSION: 'b1' }, false],
])('whether a terminal with %j draws blocks: %s', (env, expected) => {
  expect(drawsBlocks(env)).toBe(expected);
});
