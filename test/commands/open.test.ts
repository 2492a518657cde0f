import { expect, test } from 'vitest';
import { declaration } from '../support/declaration.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';

const page = 'https://openrouter.ai/settings/keys';
const openrouter = ['open', '--provider', 'openrouter'];

test('off a terminal it prints the URL alone', async () => {
  const run = await new Sandbox().keys(openrouter, { env: { DISPLAY: ':0' } });
  expect(run).toEqual({ exit: 0, stdout: `${page}\n`, stderr: '' });
});

test('the record says whether the page was opened', async () => {
  const run = await new Sandbox().keys([...openrouter, '--json']);
  expect(JSON.parse(run.stdout)).toEqual({
    profile: 'openrouter',
    provider: 'openrouter',
    url: page,
    opened: false,
  });
});

test.each([
  ['on a terminal', {}, [], [[page]]],
  ['in CI', { CI: 'true' }, [], []],
  ['for an agent', { CLAUDECODE: '1' }, [], []],
  ['with --print', {}, ['--print'], []],
])('%s the browser opens what is right', async (_, env, flags, calls) => {
  const browser = new StandIns().add('xdg-open').add('open');
  const place = { PATH: `${browser.folder}:${process.env.PATH}`, DISPLAY: ':0' };
  const options = { env: { ...place, ...env }, terminal: 80 };
  const run = await new Sandbox().keys([...openrouter, ...flags], options);
  expect(run).toEqual({ exit: 0, stdout: `${page}\n`, stderr: '' });
  expect(browser.calls.map(({ args }) => args)).toEqual(calls);
});

test('without a browser the URL is there all the same', async () => {
  const env = { PATH: '/nowhere', DISPLAY: '', WAYLAND_DISPLAY: '' };
  const run = await new Sandbox().keys(openrouter, { env, terminal: 80 });
  expect(run).toEqual({ exit: 0, stdout: `${page}\n`, stderr: 'warning: no browser could be opened\n' });
});

test.each([
  [['--profile', 'local'], 'the embedded authority has no web page'],
  [['--provider', 'sentry'], 'hint: see the documentation: https://'],
  [[...openrouter.slice(1), '--url', 'https://other.example.com'], 'is not its own'],
  [['--provider', 'nosuch'], "there is no provider 'nosuch'"],
])('there is no page of %j', async (args, message) => {
  const run = await new Sandbox().keys(['open', ...args]);
  expect(run).toMatchObject({ exit: 2, stdout: '' });
  expect(run.stderr).toContain(message);
});

test('a page of a user’s own provider is printed as a URL, whatever is in it', async () => {
  const box = new Sandbox();
  const own = { ...declaration, page: { keys: 'https://example.com/k\u001b]0;x\u0007\u202e' } };
  box.ownProvider(own);
  const run = await box.keys(['open', '--provider', 'example']);
  expect(run.stdout).toMatch(/^https:\/\/example\.com\/[\x21-\x7e]+\n$/);
});
