import { setTimeout as sleep } from 'node:timers/promises';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { spec } from '../support/authority.ts';
import { withAuthority } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Terminal } from '../support/terminal.ts';
import { bashIn, keysIn } from '../support/terminal.ts';
import { ids, prefixes, Transcript, times } from '../support/transcript.ts';

const shortIds = { word: 'id', pattern: /(?<= )[0-9A-Za-z]{8}…/g, keepsWidth: true as const };
const filters = [shortIds, prefixes, ids, times];
const [down, up, pageDown] = ['\x1b[B', '\x1b[A', '\x1b[6~'];

type Spec = Parameters<typeof spec>[0];

async function withKeys(...specs: readonly Spec[]): Promise<Sandbox> {
  const box = new Sandbox();
  await withAuthority(box, async (authority) => {
    for (const one of specs) {
      await authority.create(spec(one));
      // The order of a list is that of the creation, to the millisecond.
      if (specs.length < 10) await sleep(2);
    }
  });
  return box;
}

/** Types, and waits until the answer is on the screen. */
async function types(terminal: Terminal, text: string): Promise<void> {
  await terminal.rests();
  terminal.type(text);
  await terminal.rests();
}

async function statuses(box: Sandbox): Promise<Record<string, string>> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'name,status']);
  const keys = JSON.parse(stdout) as { name: string; status: string }[];
  return Object.fromEntries(keys.map(({ name, status }) => [name, status]));
}

/** The lines that the terminal shows below the last question. */
function belowQuestion(terminal: Terminal): string[] {
  const lines = terminal.screen.trimEnd().split('\n');
  return lines.slice(lines.findLastIndex((line) => line.startsWith('? ')));
}

test('show without a key offers all of them, the newest first, and typing finds one', async () => {
  const box = await withKeys(
    { name: 'ci', description: 'deploys to production' },
    { name: 'reports', labels: { team: 'search' } },
    { name: 'bot', expiresAt: new Date(Date.now() + 90 * 86_400_000) },
  );
  const terminal = keysIn(box, ['show']);
  await terminal.shows('Which key of local?');
  await terminal.rests();
  const story = new Transcript(box, filters);
  expect(story.filtered(terminal.screen)).toMatchInlineSnapshot(`
    "? Which key of local?
    ❯ bot      [id]       active  expires in 90 days
      reports  [id]       active  never expires
      ci       [id]       active  never expires

    ↑↓ move • ⏎ choose • type to filter
    "
  `);
  // Two letters of the description, and a word of the label.
  await types(terminal, 'dplo prod');
  expect(belowQuestion(terminal).join('\n')).toContain('❯ ci ');
  expect(belowQuestion(terminal).join('\n')).not.toContain('reports');
  await types(terminal, '\x15search');
  expect(story.filtered(belowQuestion(terminal).join('\n'))).toMatchInlineSnapshot(`
    "? Which key of local? search
    ❯ reports  [id]       active  never expires
      1 of 3
    team=search
    ↑↓ move • ⏎ choose • type to filter"
  `);
  await types(terminal, 'zzz\r');
  expect(belowQuestion(terminal)).toContain('  nothing matches');
  await types(terminal, '\x15\r');
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen).toContain('✔ Which key of local? bot');
});

test('revoke without a key takes those that are marked, and still asks for their number', async () => {
  const box = await withKeys({ name: 'a' }, { name: 'b' }, { name: 'c' });
  const terminal = keysIn(box, ['revoke']);
  await terminal.shows('Which keys of local?');
  await types(terminal, ` ${down}${down} `);
  expect(terminal.screen).toContain('2 marked');
  await types(terminal, '\r');
  await terminal.shows('Type 2 to revoke these 2 keys');
  await types(terminal, '2\r');
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen).toContain('✔ Which keys of local? c, a (2)');
  expect(await statuses(box)).toEqual({ a: 'revoked', b: 'active', c: 'revoked' });
});

test('Enter at a list takes the key under the cursor, and revoke asks for its name', async () => {
  const box = await withKeys({ name: 'a' }, { name: 'b' });
  const terminal = keysIn(box, ['revoke']);
  await terminal.shows('Which keys of local?');
  await types(terminal, '\r');
  await terminal.shows('Type b to revoke it');
  await types(terminal, '\r');
  expect(await terminal.ended).toBe(1);
  expect(await statuses(box)).toEqual({ a: 'active', b: 'active' });
});

test('revoked keys are offered to show alone, superseded ones not to rotate', async () => {
  const box = await withKeys({ name: 'old' }, { name: 'ci' }, { name: 'ci' });
  await box.program(['revoke', 'old', '--yes']);
  const rowsOf = async (args: string[]) => {
    const terminal = keysIn(box, args);
    await terminal.shows('of local?');
    await terminal.rests();
    const rows = belowQuestion(terminal).flatMap((line) => /^[❯ ] +(\S+)/.exec(line)?.[1] ?? []);
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    return rows;
  };
  expect(await rowsOf(['show'])).toEqual(['ci', 'ci', 'old']);
  expect(await rowsOf(['revoke'])).toEqual(['ci', 'ci']);
  expect(await rowsOf(['rotate', '--to', 'file:key'])).toEqual(['ci']);
});

test('Ctrl-Z and fg keep what was typed and marked', async () => {
  const box = await withKeys({ name: 'apple' }, { name: 'pear' }, { name: 'plum' });
  const terminal = bashIn(box, 'set -m; "$0" "$1" revoke; echo "stopped $?"; fg; echo "ended $?"');
  await terminal.shows('Which keys of local?');
  await types(terminal, ' pe ');
  await types(terminal, '\x1a');
  await terminal.shows('stopped ');
  await terminal.shows('2 marked', 2);
  await terminal.rests();
  expect(belowQuestion(terminal)[0]).toBe('? Which keys of local? pe');
  await types(terminal, '\r');
  await terminal.shows('Type 2 to revoke these 2 keys');
  await types(terminal, '2\r');
  expect(await terminal.ended).toBe(0);
  expect(await statuses(box)).toEqual({ apple: 'active', pear: 'revoked', plum: 'revoked' });
});

const names = [
  'ci',
  '鍵の管理サービス用の長い名前のキー',
  'rocket 🚀🚀 launch',
  'x'.repeat(100),
  'x\x1b[31mred\r\x9b2Jover\u202egnp\u200b\nerror: forged',
];

test.each([40, 60, 80, 100, 160])('at %i columns no row is wider than the terminal', async (columns) => {
  const box = await withKeys(...names.map((name) => ({ name, expiresAt: new Date(Date.now() + 1e10) })));
  const terminal = keysIn(box, ['show'], { columns, env: { NO_COLOR: '1' } });
  await terminal.shows('Which key of local?');
  await terminal.rests();
  const rows = belowQuestion(terminal).filter((line) => line.includes('active'));
  expect(rows).toHaveLength(names.length);
  expect(Math.max(...rows.map((row) => stringWidth(row)))).toBeLessThan(columns);
  // The statuses stand below each other.
  expect(new Set(rows.map((row) => stringWidth(row.slice(0, row.indexOf('active'))))).size).toBe(1);
  for (const part of ['\x1b[31m', '\x9b', '\u202e', '\u200b', '\nerror: forged'])
    expect(terminal.output.replaceAll('\r\n', '\n')).not.toContain(part);
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
});

test('a list follows the size of the terminal', async () => {
  const box = await withKeys(...names.map((name) => ({ name })));
  const terminal = keysIn(box, ['show'], { columns: 120 });
  await terminal.shows('Which key of local?');
  await types(terminal, down);
  const before = terminal.output.length;
  terminal.resize(50);
  await terminal.rests();
  const [, ...lines] = terminal.output
    .slice(before)
    .replaceAll(/\x1b\[[\d;?]*[A-Za-z]/g, '')
    .split('\n');
  expect(lines.filter((line) => line.includes('active'))).toHaveLength(names.length);
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThan(50);
  await types(terminal, `${up}\r`);
  expect(await terminal.ended).toBe(0);
});

test('among 500 keys typing filters at once, and pages can be turned', async () => {
  const box = await withKeys(...Array.from({ length: 500 }, (_, index) => ({ name: `service-${index} 鍵` })));
  const terminal = keysIn(box, ['show']);
  await terminal.shows('500 of 500');
  await types(terminal, `${pageDown}${pageDown}`);
  expect(belowQuestion(terminal)[6]).toContain('❯ service-4');
  await types(terminal, 'srv321');
  expect(belowQuestion(terminal)[1]).toContain('❯ service-321');
  await types(terminal, '\r');
  expect(await terminal.ended).toBe(0);
  expect(terminal.screen).toContain('Name         service-321 鍵');
});

test('an account without keys says how to create one', async () => {
  const terminal = keysIn(new Sandbox(), ['show']);
  expect(await terminal.ended).toBe(3);
  expect(terminal.screen).toBe('error: local has no keys\nhint: keys create\n');
});

test.each([
  [['revoke', '--no-input'], {}, '--no-input is set'],
  [['revoke', '--yes'], {}, '--yes is set'],
  [['revoke'], { CI: 'true' }, 'CI is set'],
  [['revoke'], { CLAUDECODE: '1' }, 'CLAUDECODE is set'],
])('%s with %o on a terminal asks nothing, and says why', async (args, env, reason) => {
  const box = await withKeys({ name: 'ci' });
  const terminal = keysIn(box, args, { env });
  expect(await terminal.ended).toBe(2);
  expect(terminal.screen).toBe(
    `error: missing argument <key...>, and cannot prompt: ${reason}\nhint: keys help revoke\n`,
  );
});

test('other problems are reported without a question', async () => {
  const terminal = keysIn(new Sandbox(), ['update']);
  expect(await terminal.ended).toBe(2);
  expect(terminal.screen).toContain('error: missing argument <key>\nerror: nothing to change');
});

test('a profile and a provider are chosen by a part of their name', async () => {
  const box = new Sandbox();
  const use = keysIn(box, ['profile', 'use']);
  await use.shows('Which profile?');
  await types(use, 'loc\r');
  expect(await use.ended).toBe(0);
  expect(use.screen).toContain('the current profile is local');
  const show = keysIn(box, ['provider', 'show']);
  await show.shows('Which provider?');
  await types(show, 'opnrout\r');
  expect(await show.ended).toBe(0);
  expect(show.screen).toContain('✔ Which provider? OpenRouter');
  const remove = keysIn(box, ['profile', 'remove']);
  expect(await remove.ended).toBe(2);
  expect(remove.screen).toContain('error: there is no stored profile');
});

test.each([['--no-color'], ['--quiet']])('with %s or NO_COLOR, no question is coloured', async (flag) => {
  const box = await withKeys({ name: 'ci' });
  const env = flag === '--no-color' ? {} : { NO_COLOR: '1' };
  for (const args of [['show'], ['revoke', 'ci'], ['create', '--to', 'file:key']]) {
    const terminal = keysIn(box, [...args, flag], { env });
    await terminal.shows('? ');
    await terminal.rests();
    terminal.type('\r');
    await terminal.rests();
    terminal.type('\x03');
    await terminal.ended;
    expect(terminal.output).not.toMatch(/\x1b\[[\d;]*m/);
  }
});
