import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';
import { bashIn } from '../support/terminal.ts';

/* Charts and bars in a real terminal. */

const dayMs = 86_400_000;
const now = Date.now();

/** Keys that were used on most of the last 40 days. */
async function usedBox(): Promise<Sandbox> {
  const box = new Sandbox();
  const created = new Date(now - 45 * dayMs);
  const expiresAt = new Date(now + 45 * dayMs);
  const ids = [
    await seedKey(box, created, { name: 'production', expiresAt, budgetUsd: 10 }),
    await seedKey(box, created, { name: '本番🔑', expiresAt }),
  ];
  for (let ago = 40; ago >= 0; ago -= 3) {
    for (const [index, keyId] of ids.entries()) {
      const statusCode = [200, 429, 500][index * ((ago % 2) + 1)];
      const at = new Date(now - ago * dayMs - 60_000);
      await seedUse(box, at, keyId, {
        requests: 40 - ago + index,
        costUsd: 0.1,
        ...(statusCode && { statusCode }),
      });
    }
  }
  return box;
}

const commands = ['usage --by day', 'usage', 'logs', 'list', "show '本番🔑'"];
const utf8 = { LANG: 'en_US.UTF-8', KEYS_PAGER: 'cat' };
const picture = /[\u2580-\u259f\u2800-\u28ff]/;

async function screens(box: Sandbox, columns: number, env: Environment): Promise<string[]> {
  const outputs: string[] = [];
  for (const command of commands) {
    // A terminal may lose what it has not passed on when its program ends: this one waits until all was seen.
    const terminal = bashIn(box, `"$0" "$1" ${command} && echo END && read`, { columns, env });
    await terminal.shows('END');
    terminal.type('\r');
    expect(await terminal.ended).toBe(0);
    outputs.push(terminal.output.slice(0, terminal.output.indexOf('END')));
  }
  return outputs;
}

function widest(output: string): number {
  return Math.max(
    ...stripVTControlCharacters(output)
      .split(/\r?\n/)
      .map((line) => stringWidth(line)),
  );
}

test.each([60, 80, 100, 160])('pictures fit %d columns', async (columns) => {
  const outputs = await screens(await usedBox(), columns, utf8);
  const [byDay = '', byKey = '', logs = '', list = '', show = ''] = outputs;
  for (const output of columns < 80 ? [byDay, byKey, logs, list] : outputs)
    expect(widest(output)).toBeLessThanOrEqual(columns);
  for (const output of [byDay, byKey, logs, show]) expect(output).toMatch(picture);
  expect(picture.test(list)).toBe(columns >= 100);
  expect(stripVTControlCharacters(byDay)).toMatch(/total [\d,]+ requests · average .* a day.+peak/s);
  expect(stripVTControlCharacters(logs)).toMatch(/░ 2xx \d+ · ▓ 4xx \d+ · █ 5xx \d+/);
});

test.each<[string, Environment]>([
  ['a locale without UTF-8', { ...utf8, LC_ALL: 'C' }],
  ['a terminal without control sequences', { ...utf8, TERM: 'dumb' }],
  ['the console of Linux', { ...utf8, TERM: 'linux' }],
])('in %s, pictures are ASCII', async (_, env) => {
  for (const output of await screens(await usedBox(), 100, env)) {
    expect(output).not.toMatch(picture);
    expect(output).toMatch(/[#@]/);
  }
});

test('without colour, the characters are the same', async () => {
  const box = await usedBox();
  const [coloured, plain] = [
    await screens(box, 100, utf8),
    await screens(box, 100, { ...utf8, NO_COLOR: '1' }),
  ];
  expect(plain.join('')).not.toContain('\x1b[3');
  expect(plain.map(stripVTControlCharacters)).toEqual(coloured.map(stripVTControlCharacters));
});
