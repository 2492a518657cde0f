import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, html, json, resetBeforeReply, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

const ended = text(204, '');

async function loggedIn(provider: string, ...answers: Answer[]) {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  if (answers.length > 0) server.on('DELETE /admin/session', ...answers);
  const url = `${server.origin}/admin`;
  const login = ['login', '--provider', provider, '--url', url, '--with-token', '--store', 'file'];
  await box.keys([...login, '--no-verify'], { stdin: 'tok-storedEXAMPLE' });
  return { box, server, url };
}

async function tokensIn(box: Sandbox): Promise<string | null> {
  const { stdout } = await box.keys(['status', '--json', 'tokenSource']);
  return JSON.parse(stdout).tokenSource;
}

test('logout ends the session at the server, then removes its token', async () => {
  const { box, server, url } = await loggedIn('authority', ended);
  const run = await box.keys(['logout', '--json']);
  expect(JSON.parse(run.stdout)).toEqual({
    profile: 'authority',
    url,
    removed: true,
    changed: true,
    endedAtServer: true,
  });
  expect(run).toMatchObject({
    exit: 0,
    stderr: 'removed the session token of authority; its session at the provider has ended\n',
  });
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok-storedEXAMPLE']);
  expect(await tokensIn(box)).toBeNull();
});

test.each([401, 404])('a session that the server no longer knows (%i) has ended', async (status) => {
  const { box } = await loggedIn('authority', json(status, { error: { code: 'INVALID_SESSION' } }));
  const run = await box.keys(['logout', '--json', 'changed,endedAtServer']);
  expect(JSON.parse(run.stdout)).toEqual({ changed: true, endedAtServer: true });
  expect(run.stderr).not.toContain('warning');
});

test.each<[string, Answer]>([
  ['refuses', json(403, { error: { code: 'FORBIDDEN', message: 'not yours' } })],
  ['fails', json(500, {})],
  ['breaks off', resetBeforeReply],
  ['is another one', html(200)],
])('if the server %s, the token is removed with a warning', async (_, answer) => {
  const { box, server } = await loggedIn('authority', answer);
  const run = await box.keys(['logout', '--json', 'changed,endedAtServer']);
  expect(run.exit).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual({ changed: true, endedAtServer: false });
  expect(run.stderr).toContain(`warning: the session may still be valid at ${server.origin}: `);
  expect(run.stderr).toContain('removed the session token of authority\n');
  expect(await tokensIn(box)).toBeNull();
});

test('an API without a call for it is not called', async () => {
  const { box, server } = await loggedIn('unreal');
  const run = await box.keys(['logout', '--json', 'changed,endedAtServer']);
  expect(JSON.parse(run.stdout)).toEqual({ changed: true, endedAtServer: null });
  expect(run.stderr).toBe(
    'removed the session token of unreal; it stays valid at the provider until it expires\n',
  );
  expect(server.received).toEqual([]);
});

test('without a stored token there is no session to end', async () => {
  const { box, server } = await loggedIn('authority', ended);
  await box.keys(['logout']);
  const again = await box.keys(['logout', '--json', 'changed,endedAtServer']);
  expect(JSON.parse(again.stdout)).toEqual({ changed: false, endedAtServer: null });
  expect(again.stderr).toBe('no session token of authority was stored\n');
  expect(server.received).toHaveLength(1);
});

test('ends the session of the stored token, never that of the environment', async () => {
  const { box, server } = await loggedIn('authority', ended);
  const env = { KEYS_TOKEN: 'tok-givenEXAMPLE' };
  const run = await box.keys(['logout', '--json', 'endedAtServer'], { env });
  expect(JSON.parse(run.stdout)).toEqual({ endedAtServer: true });
  expect(run.stderr).toContain('KEYS_TOKEN is set and is still used');
  const again = await box.keys(['logout', '--json', 'endedAtServer'], { env });
  expect(JSON.parse(again.stdout)).toEqual({ endedAtServer: null });
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok-storedEXAMPLE']);
});

test('with only a token in the environment, ends and writes nothing', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const env = { KEYS_PROVIDER: 'authority', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-givenEXAMPLE' };
  await box.keys(['logout', '--json'], { env });
  expect(server.received).toEqual([]);
  expect(existsSync(join(box.home, 'data', 'tokens.json'))).toBe(false);
});
