import { expect, test } from 'vitest';
import { spec } from '../support/authority.ts';
import { withAuthority } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';
import { keysIn } from '../support/terminal.ts';

const env = { TERM: 'dumb' };

async function withKeys(...names: readonly string[]): Promise<Sandbox> {
  const box = new Sandbox();
  await withAuthority(box, async (authority) => {
    for (const name of names) await authority.create(spec({ name }));
  });
  return box;
}

test('on a terminal that cannot move its cursor, keys are chosen by letters and numbers', async () => {
  const box = await withKeys('ci', 'deploy', 'reports\x1b[31m');
  const terminal = keysIn(box, ['revoke'], { env });
  await terminal.shows('Numbers, or letters to search:');
  // The terminal itself takes the erased letter back.
  // No id has such a character.
  terminal.type('--\r');
  await terminal.shows('nothing matches');
  // Both lines at once: the second one waits for its question.
  terminal.type('deplox\x7fy\r1\r');
  await terminal.shows('Type deploy to revoke it:');
  terminal.type('deploy\r');
  expect(await terminal.ended, terminal.output).toBe(0);
  expect(terminal.output).not.toContain('\x1b');
});

test.each([
  ['Ctrl-C', '\x03', 130],
  ['Ctrl-D', '\x04', 1],
])('there, %s ends a list, a choice and a secret', async (_, key, exit) => {
  const box = await withKeys('ci');
  for (const [args, question] of [
    [['show'], 'letters to search:'],
    [['create', '--expires', '90d', '--permission', 'read'], 'Name of the key'],
    [['login', '--provider', 'openrouter'], 'Number (1):'],
    [['login', '--provider', 'unreal'], 'Session token for'],
  ] as const) {
    const terminal = keysIn(box, args, { env });
    await terminal.shows(question);
    await terminal.rests();
    terminal.type(key);
    expect(await terminal.ended, terminal.output).toBe(exit);
    expect(terminal.output.trimEnd().split('\n').at(-1)).toMatch(/^error: (interrupted|declined)/);
  }
});

test('there, a secret is not shown while it is typed', async () => {
  const box = await withKeys('ci');
  const terminal = keysIn(box, ['verify'], { env });
  await terminal.shows('API key');
  await terminal.rests();
  terminal.type('not-a-kez\x7fy\r');
  await terminal.ended;
  expect(terminal.output).not.toContain('not-a');
});
