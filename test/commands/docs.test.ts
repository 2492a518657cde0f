import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPages } from '../../src/app/docs/read-pages.ts';
import { narrowWidth } from '../../src/output/typesetting.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';

const plain = { NO_COLOR: '1', PAGER: 'cat' };

test('without a page it lists the guides, then the reference and the providers', async () => {
  const run = await new Sandbox().keys(['docs']);
  const names = run.stdout.split('\n').map((line) => line.split('\t')[0]);
  expect(names.slice(0, 3)).toEqual(['readme', 'installing', 'terminal']);
  expect(names).toContain('openrouter');
  expect(names).not.toContain('style');
  expect(new Set(names).size).toBe(names.length);
});

test('the list has no texts, and a page has one', async () => {
  const box = new Sandbox();
  const [first] = JSON.parse((await box.keys(['docs', '--json'])).stdout);
  expect(first).toEqual({ name: 'readme', title: 'keys', path: 'README.md' });
  const page = JSON.parse((await box.keys(['docs', 'ci', '--json'])).stdout);
  expect(page).toMatchObject({ name: 'ci', title: 'In CI', path: 'docs/ci.md' });
  expect(page.text).toBe(readFileSync(join(projectRoot, 'docs/ci.md'), 'utf8'));
});

test('off a terminal a page is Markdown as it is', async () => {
  const run = await new Sandbox().keys(['docs', 'rotation']);
  const text = readFileSync(join(projectRoot, 'docs/rotation.md'), 'utf8');
  expect(run).toEqual({ exit: 0, stdout: text, stderr: '' });
});

test.each([
  ['docs/rotation.md', 'docs/rotation.md'],
  ['ROTATION', 'docs/rotation.md'],
  ['providers/openrouter', 'docs/providers/openrouter.md'],
  ['reference/providers.md', 'docs/reference/providers.md'],
  ['providers', 'docs/providers.md'],
])('%s names a page, too', async (word, path) => {
  const run = await new Sandbox().keys(['docs', word, '--json', 'path']);
  expect(JSON.parse(run.stdout)).toEqual({ path });
});

test('a misspelt page is answered with the one that was meant', async () => {
  const run = await new Sandbox().keys(['docs', 'rotatoin']);
  expect(run).toEqual({
    exit: 2,
    stdout: '',
    stderr: "error: there is no page 'rotatoin' (did you mean rotation?)\nhint: keys docs\n",
  });
});

test('a page on a terminal has bold headings, its code as it is, and links that can be typed', async () => {
  const run = await new Sandbox().keys(['docs', 'openrouter'], { terminal: 80, env: { PAGER: 'cat' } });
  expect(run.stdout).toContain('\u001b[1mWhat keys can do\u001b[22m\n');
  expect(run.stdout).toContain('\n    keys login --provider openrouter\n');
  expect(run.stdout).not.toMatch(/<!--|```|\*\*/);
  const guide = await new Sandbox().keys(['docs', 'terminal'], { terminal: 80, env: plain });
  expect(guide.stdout.replaceAll(/\s+/g, ' ')).toContain('Rotate keys (keys docs rotation) describes');
});

test.each([40, 80, 200])('in %i columns only code, commands and addresses are wider', async (columns) => {
  const box = new Sandbox();
  for (const path of ['installing', 'providers', 'security', 'openrouter', 'errors']) {
    const { stdout } = await box.keys(['docs', path], { terminal: columns, env: plain });
    const wide = stdout
      .split('\n')
      .filter((line) => narrowWidth(line) > columns && /\S \S/.test(line.trim()));
    expect(wide.filter((line) => !/^ {4}/.test(line) && !/\S{30}/.test(line))).toEqual([]);
  }
});

test('no word of any page is lost on a terminal', async () => {
  const box = new Sandbox();
  const bare = (text: string) => new Set(text.match(/[\p{L}\p{N}_]+/gu));
  for (const [path, text] of Object.entries(readPages())) {
    if (path === 'docs/style.md') continue;
    const shown = text.replaceAll(/<!--[\s\S]*?-->|<picture>[\s\S]*?<\/picture>|<br>/g, ' ');
    const prose = shown.replaceAll(/^```.*$/gm, '').replaceAll(/\]\([^)\s]+\)/g, ']');
    const run = await box.keys(['docs', path], { terminal: 30, env: plain });
    const printed = bare(run.stdout);
    const lost = [...bare(prose)].filter((word) => !printed.has(word));
    // The head of a column without values.
    expect(lost.filter((word) => word !== 'Required')).toEqual([]);
  }
});
