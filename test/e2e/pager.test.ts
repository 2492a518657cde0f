import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';
import { bashIn, keysIn } from '../support/terminal.ts';

const now = new Date(Date.now() - 60_000);

async function longAccount(): Promise<Sandbox> {
  const box = new Sandbox();
  for (let index = 0; index < 60; index += 1)
    await seedKey(box, new Date(now.getTime() + index), { name: `key-${index}` });
  return box;
}

const intoFile = { PAGER: 'cat > paged.txt' };

describe('a list that is higher than the terminal', () => {
  test('goes through the pager, with its colours', async () => {
    const box = await longAccount();
    const terminal = keysIn(box, ['list'], { env: intoFile });
    expect(await terminal.ended).toBe(0);
    const paged = readFileSync(join(box.cwd, 'paged.txt'), 'utf8');
    expect(paged).toMatch(/\x1b\[1mNAME/);
    expect(paged.match(/key-\d+/g)).toHaveLength(60);
    expect(terminal.output).toBe('');
  });

  test('less shows the first screen, and q ends it: exit 0', async () => {
    const box = await longAccount();
    const terminal = keysIn(box, ['list'], { env: { PAGER: 'less' } });
    await terminal.shows('key-59');
    await terminal.rests();
    expect(terminal.output).not.toContain('key-0 ');
    terminal.type('\x03');
    await terminal.rests();
    terminal.type('q');
    expect(await terminal.ended).toBe(0);
  });

  test.each([
    ['--no-pager', 'list --no-pager', intoFile],
    ['KEYS_PAGER=cat', 'list', { ...intoFile, KEYS_PAGER: 'cat' }],
    ['an empty PAGER', 'list', { PAGER: '' }],
    ['CI', 'list', { ...intoFile, CI: 'true' }],
    ['a terminal that cannot be controlled', 'list', { ...intoFile, TERM: 'dumb' }],
    ['a pager that is missing', 'list', { PAGER: 'no-such-pager-anywhere 2>/dev/null' }],
    ['JSON', 'list --json name', intoFile],
  ])('is printed whole with %s', async (_, line, env) => {
    const box = await longAccount();
    // A terminal may lose what it has not passed on when its program ends: this one waits until all was seen.
    const terminal = bashIn(box, `"$0" "$1" ${line} && read`, { env });
    await terminal.shows('key-0');
    expect(terminal.output.match(/key-\d+/g)).toHaveLength(60);
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    expect(existsSync(join(box.cwd, 'paged.txt'))).toBe(false);
  });
});

test('a list that fits is printed', async () => {
  const box = new Sandbox();
  await seedKey(box, now, { name: 'ci' });
  const terminal = keysIn(box, ['list'], { env: intoFile });
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).toContain('ci');
});
