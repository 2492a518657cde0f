import { expect, test } from 'vitest';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { keysIn } from '../support/terminal.ts';

/* What a person sees of a wait, on a real terminal, and that nothing of it appears elsewhere. */

const late =
  (answer: Answer): Answer =>
  (...exchange) =>
    void setTimeout(() => answer(...exchange), 900);

async function start() {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  server.on(
    'GET /v1/keys',
    late(json(200, { keys: [{ name: 'ci', hash: 'hash1abcdef', created: 1_760_000_000 }] })),
  );
  const env = {
    KEYS_PROVIDER: 'unreal',
    KEYS_URL: server.origin,
    KEYS_TOKEN: 'tok-EXAMPLE',
    LANG: 'C.UTF-8',
  };
  return { box, env, what: `waiting for ${new URL(server.origin).host}` };
}

test.each([
  ['', {}, (what: string) => `⠋ ${what}`],
  ['without Unicode', { LANG: 'C' }, (what: string) => `| ${what}`],
])('a slow API is named %s, and the line is removed before the output', async (_, more, line) => {
  const { box, env, what } = await start();
  const terminal = keysIn(box, ['list'], { env: { ...env, ...more }, columns: 60 });
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).toContain(line(what));
  const [before, after] = terminal.output.split('hash1abcdef');
  expect(before?.slice(before.lastIndexOf(what))).toContain('\x1b[2K');
  expect(after).not.toContain(what);
});

test('no line is as wide as the terminal', async () => {
  const { box, env } = await start();
  const terminal = keysIn(box, ['list'], { env, columns: 20 });
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).toContain('⠋ waiting for 127.…');
});

test.each([
  [['list', '--quiet'], {}],
  [['list', '--debug'], {}],
  [['list'], { TERM: 'dumb' }],
  [['list'], { CI: 'true' }],
])('%j with %j draws none', async (args, more) => {
  const { box, env, what } = await start();
  const terminal = keysIn(box, args, { env: { ...env, ...more } });
  expect(await terminal.ended).toBe(0);
  expect(terminal.output).not.toContain(what);
});

test('off a terminal there is none, and errors in JSON are one document', async () => {
  const { box, env } = await start();
  expect((await box.program(['list'], { env })).stderr).toBe('');
});
