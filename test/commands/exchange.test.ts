import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ports, Transcript } from '../support/transcript.ts';

/* A client secret as the session token: it is stored, its access tokens never are, and no output shows either. */

const provider = {
  ...unreal,
  id: 'oauth',
  name: 'OAuth API',
  options: { clientId: { help: 'the client id', required: true } },
  auth: {
    ...unreal.auth,
    exchange: {
      post: '/oauth/token',
      form: {
        grant_type: 'client_credentials',
        client_id: '{option.clientId}',
        client_secret: '{token}',
      },
      token: 'access_token',
      expiresIn: 'expires_in',
    },
  },
};

async function start() {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  box.ownProvider(provider);
  const login = ['login', '--provider', 'oauth', '--url', server.origin, '--option', 'clientId=c1'];
  const flags = ['--with-token', '--store', 'file', '--json', 'authenticated'];
  return { box, server, login: [...login, ...flags], shows: new Transcript(box, [ports]) };
}

test('the access token is shown nowhere, not even by --debug, and is not stored', async () => {
  const { box, server, login } = await start();
  const issued = json(200, { access_token: 'tok-accessEXAMPLE', expires_in: 3600 });
  server
    .on('POST /oauth/token', issued, issued)
    .on('GET /v1/keys', json(200, { keys: [] }), json(200, { keys: [] }));
  expect((await box.keys(login, { stdin: 'tok-clientEXAMPLE' })).exit).toBe(0);
  const run = await box.keys(['list', '--debug']);
  expect(run.exit).toBe(0);
  expect(run.stderr).toContain('body {grant_type, client_id, client_secret}');
  expect(run.stderr).toContain('body {access_token, expires_in}');
  const tokens = box.read(join(box.home, 'data', 'tokens.json'));
  expect(tokens).toContain('tok-clientEXAMPLE');
  expect(tokens).not.toContain('tok-accessEXAMPLE');
});

test('a refused client secret is not stored, and the API says why', async () => {
  const { box, server, login, shows } = await start();
  const answer = { error: 'invalid_client', error_description: 'unknown client, or wrong secret' };
  server.on('POST /oauth/token', json(401, answer));
  expect(await shows.keys(login, { stdin: 'tok-clientEXAMPLE' })).toMatchInlineSnapshot(`
    "$ keys login --provider oauth --url http://127.0.0.1:[port 1] --option clientId=c1 --with-token --store file --json authenticated
    exit 4
    --- stderr
    {"error":{"code":"exchange_refused","message":"http://127.0.0.1:[port 1] issues no access token for the session token of the profile oauth: unknown client, or wrong secret (invalid_client); nothing was stored","hint":"keys login --profile oauth\\ncheck the settings: keys status --profile oauth","httpStatus":401}}
    "
  `);
  expect(existsSync(join(box.home, 'data', 'tokens.json'))).toBe(false);
});

test('status says that a client secret is rejected', async () => {
  const { box, server, login, shows } = await start();
  expect((await box.keys([...login, '--no-verify'], { stdin: 'tok-clientEXAMPLE' })).exit).toBe(0);
  server.on('POST /oauth/token', json(400, { error: 'invalid_client' }));
  expect(await shows.keys(['status', '--json', 'tokenSource,authenticated'])).toMatchInlineSnapshot(`
    "$ keys status --json tokenSource,authenticated
    exit 4
    --- stdout
    {
      "tokenSource": "file",
      "authenticated": false
    }
    "
  `);
});
