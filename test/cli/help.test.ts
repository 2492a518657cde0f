import { expect, test } from 'vitest';
import type { Page } from '../../src/cli/page.ts';
import { setPage } from '../../src/cli/page.ts';
import { catalog } from '../../src/commands/catalog.ts';
import { manualOf } from '../../src/commands/manual.ts';
import { terminalOf } from '../../src/output/style.ts';
import { fakeIo } from '../support/fake-io.ts';
import { Sandbox } from '../support/sandbox.ts';

const page: Page = {
  name: 'keys demo',
  usage: 'keys demo <key> [flags]',
  summary: 'show what a page looks like, in more words than fit a line of sixty columns',
  sections: [
    { heading: 'Examples', lines: ['keys demo ci --with-a-very-long-flag value --and-another-one value'] },
    {
      heading: 'Flags',
      rows: [
        ['-y, --yes', 'answer yes to every confirmation, however often it is asked'],
        ['--a-flag-that-is-longer <than-most>', 'its meaning begins below it'],
      ],
    },
    {
      heading: 'Details',
      paragraphs: ['One.', 'Two paragraphs, the second of which is longer than the line.'],
    },
    { heading: 'Global flags', remark: '--profile and more' },
    { heading: 'Fields for --json', remark: 'id, name, description, status, prefix, createdAt' },
  ],
};

const colourless = (text: string) => text.replace(/\x1b\[\d+m/g, '');

async function setAt(columns: number, env: Record<string, string> = { NO_COLOR: '1' }): Promise<string> {
  const { io } = fakeIo({ cwd: '/', env, terminal: columns });
  return setPage(page, await terminalOf(io.stdout, io.env, false, io.now()));
}

test('a page at 60 columns', async () => {
  expect(await setAt(60)).toMatchInlineSnapshot(`
    "Usage: keys demo <key> [flags]

    show what a page looks like, in more words than fit a line
    of sixty columns

    Examples:
      keys demo ci --with-a-very-long-flag value --and-another-one value

    Flags:
      -y, --yes                 answer yes to every
                                confirmation, however often it
                                is asked
      --a-flag-that-is-longer <than-most>
                                its meaning begins below it

    Details:
      One.
      Two paragraphs, the second of which is longer than the
      line.

    Global flags: --profile and more
    Fields for --json: id, name, description, status, prefix,
      createdAt
    "
  `);
});

test('a page has no line wider than the terminal but command lines, and no word is broken', async () => {
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
  const whole = words(await setAt(110));
  for (const columns of [40, 60, 80, 100, 160]) {
    const text = await setAt(columns);
    expect(words(text)).toEqual(whole);
    for (const line of text.split('\n').filter((one) => !/keys demo ci|--a-flag/.test(one))) {
      if (line.trim().includes(' ')) expect(line.length).toBeLessThanOrEqual(Math.min(columns, 110));
    }
  }
});

test('each page of the manual fits 60, 80 and 110 columns, but for command lines', async () => {
  const box = new Sandbox();
  const names = [...Object.keys(catalog), ...Object.keys(manualOf(catalog).topics)];
  for (const terminal of [60, 80, 110]) {
    for (const name of ['', ...names]) {
      const args = ['help', ...name.split(' ').filter(Boolean)];
      const { stdout } = await box.keys(args, { terminal, env: { NO_COLOR: '1' } });
      const wide = stdout.split('\n').filter((line) => line.length > terminal);
      expect(wide.filter((line) => !/^Usage: | {2}keys /.test(line))).toEqual([]);
    }
  }
});

test('colours and bold are for terminals, and change no other character', async () => {
  const coloured = await setAt(80, {});
  expect(coloured).toContain('\x1b[1mExamples:\x1b[22m');
  expect(coloured).toContain('\x1b[32m-y, --yes\x1b[39m');
  expect(colourless(coloured)).toBe(await setAt(80));
});

test.each<[line: string[], env: Record<string, string>]>([
  [['help', 'create'], { NO_COLOR: '1' }],
  [['help', 'create'], { TERM: 'dumb' }],
  [['help', 'create', '--no-color'], {}],
  [['create', '--help', '--no-color'], {}],
  [['--no-color', 'help', 'sinks'], {}],
])('keys %j has no colours with %j', async (line, env) => {
  expect((await new Sandbox().keys(line, { terminal: 80, env })).stdout).not.toContain('\x1b');
});

test('off a terminal, help is 80 columns wide, or COLUMNS, without colours', async () => {
  const box = new Sandbox();
  const { stdout } = await box.keys(['help', 'create']);
  expect(stdout).toBe((await box.keys(['help', 'create'], { terminal: 80, env: { NO_COLOR: '1' } })).stdout);
  const narrow = await box.keys(['help', 'create'], { env: { COLUMNS: '60' } });
  expect(narrow.stdout.split('\n').length).toBeGreaterThan(stdout.split('\n').length);
});

test('examples come before the flags, and the global flags are one line', async () => {
  const { stdout } = await new Sandbox().keys(['create', '--help'], { terminal: 60, env: { NO_COLOR: '1' } });
  const headings = stdout.split('\n').filter((line) => /^\S/.test(line));
  expect(headings).toMatchInlineSnapshot(`
    [
      "Usage: keys create [name] [flags]",
      "create a key; its secret is shown or delivered once",
      "Examples:",
      "Flags:",
      "Details:",
      "Global flags: --profile, --json and more (keys help flags)",
      "Fields for --json: id, name, description, status, prefix,",
      "Also: keys new",
    ]
  `);
});

test('help for a word that is close to a topic or a command names it', async () => {
  const box = new Sandbox();
  const lines = [['exit-code'], ['creat'], ['xyzzy']];
  const errors = await Promise.all(lines.map(async (words) => (await box.keys(['help', ...words])).stderr));
  expect(errors.join('')).toMatchInlineSnapshot(`
    "error: no help for 'exit-code'
    hint: keys help exit-codes
    hint: keys help
    error: no help for 'creat'
    hint: keys help create
    hint: keys help
    error: no help for 'xyzzy'
    hint: keys help
    "
  `);
});
