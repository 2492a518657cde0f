import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, html, json, resetBeforeReply, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ports, Transcript } from '../support/transcript.ts';

const ended = text(204, '');

async function loggedIn(provider: string, ...answers: Answer[]) {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  if (answers.length > 0) server.on('DELETE /admin/session', ...answers);
  const url = `${server.origin}/admin`;
  const login = ['login', '--provider', provider, '--url', url, '--with-token', '--store', 'file'];
  await box.keys([...login, '--no-verify'], { stdin: 'tok-storedEXAMPLE' });
  return { box, server, shows: new Transcript(box, [ports]) };
}

async function tokensIn(box: Sandbox): Promise<string | null> {
  const { stdout } = await box.keys(['status', '--json', 'tokenSource']);
  return JSON.parse(stdout).tokenSource;
}

test('logout ends the session at the server, then removes its token', async () => {
  const { box, server, shows } = await loggedIn('authority', ended);
  expect(await shows.keys(['logout', '--json'])).toMatchInlineSnapshot(`
    "$ keys logout --json
    exit 0
    --- stdout
    {
      "profile": "authority",
      "url": "http://127.0.0.1:[port 1]/admin",
      "removed": true,
      "changed": true,
      "endedAtServer": true
    }
    --- stderr
    removed the session token of the profile authority; its session at the provider has ended
    "
  `);
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok-storedEXAMPLE']);
  expect(await tokensIn(box)).toBeNull();
});

test.each([401, 404])('a session that the server no longer knows (%i) has ended', async (status) => {
  const { shows } = await loggedIn('authority', json(status, { error: { code: 'INVALID_SESSION' } }));
  expect(await shows.keys(['logout'])).toMatchInlineSnapshot(`
    "$ keys logout
    exit 0
    --- stdout
    authority	http://127.0.0.1:[port 1]/admin	true	true	true
    --- stderr
    removed the session token of the profile authority; its session at the provider has ended
    "
  `);
});

describe('the token is removed with a warning', () => {
  async function logout(answer: Answer) {
    const { box, shows } = await loggedIn('authority', answer);
    const transcript = await shows.keys(['logout', '--json', 'changed,endedAtServer']);
    expect(await tokensIn(box)).toBeNull();
    return transcript;
  }

  test('if the server refuses', async () => {
    const answer = json(403, { error: { code: 'FORBIDDEN', message: 'not yours' } });
    expect(await logout(answer)).toMatchInlineSnapshot(`
      "$ keys logout --json changed,endedAtServer
      exit 0
      --- stdout
      {
        "changed": true,
        "endedAtServer": false
      }
      --- stderr
      warning: the session may still be valid at http://127.0.0.1:[port 1]: the session token does not allow this: not yours (FORBIDDEN)
      removed the session token of the profile authority
      "
    `);
  });

  test('if the server fails', async () => {
    expect(await logout(json(500, {}))).toMatchInlineSnapshot(`
      "$ keys logout --json changed,endedAtServer
      exit 0
      --- stdout
      {
        "changed": true,
        "endedAtServer": false
      }
      --- stderr
      warning: the session may still be valid at http://127.0.0.1:[port 1]: the API answered with HTTP status 500
      removed the session token of the profile authority
      "
    `);
  });

  test('if the connection breaks off', async () => {
    expect(await logout(resetBeforeReply)).toMatchInlineSnapshot(`
      "$ keys logout --json changed,endedAtServer
      exit 0
      --- stdout
      {
        "changed": true,
        "endedAtServer": false
      }
      --- stderr
      warning: the session may still be valid at http://127.0.0.1:[port 1]: the reply to DELETE /admin/session was lost: http://127.0.0.1:[port 1] closed the connection before its reply was complete (ECONNRESET); the request may or may not have taken effect
      removed the session token of the profile authority
      "
    `);
  });

  test('if another server answers', async () => {
    expect(await logout(html(200))).toMatchInlineSnapshot(`
      "$ keys logout --json changed,endedAtServer
      exit 0
      --- stdout
      {
        "changed": true,
        "endedAtServer": false
      }
      --- stderr
      warning: the session may still be valid at http://127.0.0.1:[port 1]: DELETE /admin/session answered 200 with text/html that is not valid JSON
      removed the session token of the profile authority
      "
    `);
  });
});

test('an API without a call for it is not called', async () => {
  const { server, shows } = await loggedIn('unreal');
  expect(await shows.keys(['logout', '--json', 'changed,endedAtServer'])).toMatchInlineSnapshot(`
    "$ keys logout --json changed,endedAtServer
    exit 0
    --- stdout
    {
      "changed": true,
      "endedAtServer": null
    }
    --- stderr
    removed the session token of the profile unreal; it stays valid at the provider until it expires
    "
  `);
  expect(server.received).toEqual([]);
});

test('without a stored token there is no session to end', async () => {
  const { box, server, shows } = await loggedIn('authority', ended);
  await box.keys(['logout']);
  expect(await shows.keys(['logout', '--json', 'changed,endedAtServer'])).toMatchInlineSnapshot(`
    "$ keys logout --json changed,endedAtServer
    exit 0
    --- stdout
    {
      "changed": false,
      "endedAtServer": null
    }
    --- stderr
    no session token of the profile authority was stored
    "
  `);
  expect(server.received).toHaveLength(1);
});

test('ends the session of the stored token, never that of the environment', async () => {
  const { server, shows } = await loggedIn('authority', ended);
  const env = { KEYS_TOKEN: 'tok-givenEXAMPLE' };
  expect(await shows.keys(['logout', '--json', 'changed,endedAtServer'], { env })).toMatchInlineSnapshot(`
    "$ keys logout --json changed,endedAtServer
    exit 0
    --- stdout
    {
      "changed": true,
      "endedAtServer": true
    }
    --- stderr
    removed the session token of the profile authority; its session at the provider has ended
    warning: KEYS_TOKEN is set and is still used
    "
  `);
  expect(await shows.keys(['logout', '--json', 'changed,endedAtServer'], { env })).toMatchInlineSnapshot(`
    "$ keys logout --json changed,endedAtServer
    exit 0
    --- stdout
    {
      "changed": false,
      "endedAtServer": null
    }
    --- stderr
    no session token of the profile authority was stored
    warning: KEYS_TOKEN is set and is still used
    "
  `);
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok-storedEXAMPLE']);
});

test('with only a token in the environment, ends and writes nothing', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const env = { KEYS_PROVIDER: 'authority', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-givenEXAMPLE' };
  await box.keys(['logout', '--json'], { env });
  expect(server.received).toEqual([]);
  expect(existsSync(join(box.home, 'data', 'tokens.json'))).toBe(false);
});
