import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { StandIns } from '../support/stand-in.ts';
import { keysIn } from '../support/terminal.ts';

const down = '\x1b[B';

async function serve() {
  const box = new Sandbox();
  const { url } = await startServe(box);
  const { stdout } = await box.keys(['session', 'create', '--user', 'admin', '--secret-only'], {
    secretOnStdout: true,
  });
  return { box, url, token: stdout.trim() };
}

/** A server that answers everything in the same way. */
async function always(status: number, type: string): Promise<string> {
  const server = createServer((_, response) =>
    response.writeHead(status, { 'Content-Type': type }).end('<p>'),
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the first login finds the path that the URL lacks, and tells in three lines what can be done', async () => {
  const { box, url, token } = await serve();
  const first = keysIn(box, ['login', '--store', 'file'], { columns: 120 });
  await first.answers([
    ['Which provider?', 'keys serve\r'],
    ['URL of keys serve (it usually ends in /admin)', 'no url\r'],
    ['is not an http or https URL', `${url}\r`],
    [`${url}/admin, which answers like keys serve`, '\r'],
    ['Session token for keys serve', `${token}\r`],
  ]);
  expect(await first.ended, first.output).toBe(0);
  expect(
    first.screen.split('current profile; its token is in a file that only you can read\n')[1],
  ).toMatchInlineSnapshot(`
    "Keys  create (description, expiry, permissions, rate limit, budget, models, labels), update, disable, revoke and rotate
          without a gap
    Also  verify, usage and logs
    Next  keys list, keys create; keys status shows all that it can do
    "
  `);
  const { stdout } = await box.program(['profile', 'list', '--json', 'name,url,current']);
  expect(JSON.parse(stdout)).toContainEqual({ name: 'authority', url: `${url}/admin`, current: true });

  const second = keysIn(box, ['login', '--store', 'file'], { columns: 120 });
  await second.answers([['Log in to which profile or provider?', 'keys serve\r']]);
  await second.answers([
    ['Name of the new profile', 'local\r'],
    ["there is a profile 'local'", 'work\r'],
    ['URL of keys serve', `${url}/admin\r`],
    ['Session token for', `${token}\r`],
  ]);
  expect(await second.ended, second.output).toBe(0);

  const again = keysIn(box, ['login'], { columns: 120 });
  await again.answers([
    ['Log in to which profile or provider?', '\r'],
    ['Session token for', `${token}\r`],
  ]);
  expect(await again.ended, again.output).toBe(0);
  expect(again.screen).toContain('logged in: work is now the current profile');
});

test('without a keychain, the token is kept in a file only if that is wanted', async () => {
  const { box, url, token } = await serve();
  const args = ['login', '--provider', 'authority', '--url', `${url}/admin`];
  const refused = keysIn(box, args, { columns: 120 });
  await refused.answers([
    ['Session token for', `${token}\r`],
    ['Keep the token in a file that only you can read?', '\r'],
  ]);
  expect(await refused.ended).toBe(1);
  expect(refused.screen).toContain('error: declined: nothing was stored\n');
  const kept = keysIn(box, args, { columns: 120 });
  await kept.answers([
    ['Session token for', `${token}\r`],
    ['Keep the token in a file that only you can read?', `${down}\r`],
  ]);
  expect(await kept.ended).toBe(0);
  expect((await box.program(['status', '--json', 'tokenSource'])).stdout).toContain('file');
});

test.each([
  ['a web page', 200, 'text/html; charset=utf-8', 'answers with a web page'],
  ['nothing there', 404, 'application/json', 'has nothing at /key/list'],
  ['a failure', 503, 'application/json', 'answers with the status 503'],
])('a URL with %s is reported before the token is asked for', async (_, status, type, problem) => {
  const url = await always(status, type);
  const terminal = keysIn(new Sandbox(), ['login', '--provider', 'litellm', '--url', url], { columns: 120 });
  await terminal.answers([[problem, `${down}\r`]]);
  await terminal.shows('Session token for');
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
});

test('a URL where nothing listens is asked for again', async () => {
  const refusing = await always(401, 'application/json');
  const terminal = keysIn(new Sandbox(), ['login', '--provider', 'litellm'], { columns: 120 });
  await terminal.answers([
    ['URL of LiteLLM proxy', 'http://127.0.0.1:9\r'],
    ['does not answer', '\r'],
  ]);
  await terminal.shows('URL of LiteLLM proxy', 4);
  await terminal.answers([['URL of', `${refusing}\r`]]);
  await terminal.shows('Session token for');
  terminal.type('\x04');
  expect(await terminal.ended).toBe(1);
});

test('the page where tokens are created is named, and opened if that is wanted', async () => {
  const box = new Sandbox();
  const browser = new StandIns().add('xdg-open');
  const env = { PATH: `${browser.folder}:${process.env.PATH}`, DISPLAY: ':0', KEYS_PIN: 'sk_EXAMPLE' };
  const terminal = keysIn(box, ['login', '--provider', 'openrouter'], { env, columns: 120 });
  await terminal.answers([['Open that page?', `${down}\r`]]);
  await terminal.shows('Session token for OpenRouter');
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
  const page = 'https://openrouter.ai/settings/management-keys';
  expect(terminal.screen).toContain(`session tokens of OpenRouter are created at ${page}`);
  const [call] = browser.calls;
  expect(call?.args).toEqual([page]);
  expect(Object.keys(call?.env ?? {})).not.toContain('KEYS_PIN');
});

test.each([
  ['--open', 'no browser could be opened'],
  ['--no-open', 'session tokens of OpenRouter are created at'],
])('%s answers whether to open the page', async (flag, text) => {
  const env = { DISPLAY: '', WAYLAND_DISPLAY: '' };
  const terminal = keysIn(new Sandbox(), ['login', '--provider', 'openrouter', flag], { env, columns: 120 });
  await terminal.shows('Session token for OpenRouter');
  terminal.type('\x03');
  expect(await terminal.ended).toBe(130);
  expect(terminal.screen).toContain(text);
  expect(terminal.screen).not.toContain('Open that page?');
});
