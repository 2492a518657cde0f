import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, projectRoot } from '../support/sandbox.ts';
import { Session, screens } from '../support/screens.ts';
import { pictureOf, screenAfter, textOf } from '../support/terminal-picture.ts';

/* The pictures in the docs are what the program shows. `npm run screens` makes them anew. */

const folder = join(projectRoot, 'docs', 'screens');
const themes = ['light', 'dark'] as const;

test.skipIf(process.platform === 'win32').each(Object.entries(screens))(
  'the screen %s is what the program shows',
  async (name, { title, columns, play }) => {
    const session = new Session(columns);
    await play(session);
    const lines = await screenAfter(session.output, columns);
    const text = textOf(lines);
    expect(text).not.toMatch(/keys-test-|\/(?:home|tmp|dev|root)\//);
    for (const block of blocksOf(text.split('\n', 1)[0] ?? '')) expect(`${text}\n`).toContain(block);
    for (const theme of themes) {
      const picture = pictureOf(lines, { columns, title, theme });
      expect(picture.length).toBeLessThan(32_000);
      await expect(picture).toMatchFileSnapshot(join(folder, `${name}-${theme}.svg`));
    }
  },
);

const docs = [join(projectRoot, 'README.md'), ...filesBelow(join(projectRoot, 'docs'))];
const pages = docs.filter((file) => file.endsWith('.md')).map((file) => readFileSync(file, 'utf8'));

/** The examples in the docs that show this one command line and what it prints. */
function blocksOf(line: string): string[] {
  const blocks = pages.flatMap((text) => [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)]);
  return blocks
    .map(([, block = '']) => block)
    .filter((block) => block.split('\n', 1)[0] === line && !block.includes('\n$ '));
}

test('every picture is one of a screen, and is shown with an alternative text', () => {
  const expected = Object.keys(screens).flatMap((name) => themes.map((theme) => `${name}-${theme}.svg`));
  expect(readdirSync(folder).sort()).toEqual(expected.sort());
  const shown = pages.flatMap((text) =>
    [
      ...text.matchAll(
        /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="[\w./]*screens\/(\w+)-dark\.svg">\s*<img alt="[^"]+" src="[\w./]*screens\/(\w+)-light\.svg">\s*<\/picture>/g,
      ),
    ].map(([, dark, light]) => (dark === light ? dark : undefined)),
  );
  expect(shown.sort()).toEqual(Object.keys(screens).sort());
});
