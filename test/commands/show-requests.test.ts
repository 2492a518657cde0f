import { expect, test } from 'vitest';
import { requestsOf } from '../../src/app/check-declaration.ts';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { powerdns } from '../../src/providers/built-in/powerdns.ts';
import { unkey } from '../../src/providers/built-in/unkey.ts';
import { callInputs } from '../../src/providers/declaration/inputs.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { richDeclaration as declaration } from '../support/declaration.ts';
import { Sandbox } from '../support/sandbox.ts';
import { Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');

test('provider check --show-requests prints each request, filled with examples and without a secret', async () => {
  const box = new Sandbox();
  box.write('acme.json', JSON.stringify(declaration));
  const args = ['provider', 'check', 'acme.json', '--show-requests'];
  const run = await box.keys(args, { terminal: 100, now, env: { NO_COLOR: '1' } });
  expect(new Transcript(box, []).printed(`keys ${args.join(' ')}`, run)).toMatchInlineSnapshot(`
    "$ keys provider check acme.json --show-requests
    exit 0
    --- stdout
    # list
    GET https://api.example.com/v2/teams/my-team/keys?limit=50
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # list, second page
    GET https://api.example.com/v2/teams/my-team/keys?limit=50&after=key_123
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # show
    GET https://api.example.com/v2/keys/key_123
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # create with every input
    POST https://api.example.com/v2/keys
    accept: application/json
    content-type: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****
    idempotency-key: 00000000-0000-4000-8000-000000000000

    {
      "name": "ci",
      "scopes": [
        "read"
      ],
      "expires": 1802952000,
      "budget": 2500,
      "template": "{name}",
      "pin": "****"
    }

    # create with a name alone
    POST https://api.example.com/v2/keys
    accept: application/json
    content-type: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****
    idempotency-key: 00000000-0000-4000-8000-000000000000

    {
      "name": "ci",
      "scopes": [
        "read"
      ],
      "expires": -1,
      "template": "{name}",
      "pin": "****"
    }

    # rotate
    POST https://api.example.com/v2/keys/key_123/rotate
    accept: application/json
    content-type: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    {
      "grace": 168
    }

    # update
    PATCH https://api.example.com/v2/keys/key_123
    accept: application/json
    content-type: application/x-www-form-urlencoded
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    name=ci&scope=read

    # disable
    POST https://api.example.com/v2/keys/key_123/off
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # enable
    POST https://api.example.com/v2/keys/key_123/on
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # revoke
    DELETE https://api.example.com/v2/keys/key_123
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # logs
    GET https://api.example.com/v2/logs?key=key_123&from=2026-11-19T12%3A00%3A00.000Z&to=2026-11-20
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # logs, second page
    GET https://api.example.com/v2/logs?key=key_123&from=2026-11-19T12%3A00%3A00.000Z&to=2026-11-20&page=2
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # usage
    GET https://api.example.com/v2/usage?by=day&from=1792584000&key=key_123
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # verify
    GET https://api.example.com/v2/me
    accept: application/json
    x-version: 2
    x-team: my-team
    x-api-key: ****

    # whoami
    GET https://api.example.com/v2/me
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****

    # logout
    POST https://api.example.com/v2/logout
    accept: application/json
    x-version: 2
    x-team: my-team
    authorization: Bearer ****
    "
  `);
});

test('provider check --show-requests --json', async () => {
  const box = new Sandbox();
  box.write('acme.json', JSON.stringify(declaration));
  const run = await box.keys(['provider', 'check', 'acme.json', '--show-requests', '--json'], { now });
  const requests = JSON.parse(run.stdout);
  expect(requests.map(({ call }: { call: string }) => call)).toEqual([
    'list',
    'list, second page',
    'show',
    'create with every input',
    'create with a name alone',
    'rotate',
    'update',
    'disable',
    'enable',
    'revoke',
    'logs',
    'logs, second page',
    'usage',
    'verify',
    'whoami',
    'logout',
  ]);
  expect(requests[4]).toEqual({
    call: 'create with a name alone',
    method: 'POST',
    url: 'https://api.example.com/v2/keys',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'x-version': '2',
      'x-team': 'my-team',
      authorization: 'Bearer ****',
      'idempotency-key': '00000000-0000-4000-8000-000000000000',
    },
    body: { name: 'ci', scopes: ['read'], expires: -1, template: '{name}', pin: '****' },
  });
});

test('a faulty declaration shows its faults, and no request', async () => {
  const box = new Sandbox();
  box.write('acme.json', JSON.stringify({ ...declaration, revoke: { post: '/revoke' } }, undefined, 2));
  const run = await box.keys(['provider', 'check', 'acme.json', '--show-requests', '--json', 'path,line']);
  expect(run.exit).toBe(8);
  expect(JSON.parse(run.stdout)).toEqual([{ path: 'revoke', line: expect.any(Number) }]);
});

test('the id of a provider stands for its declaration; a file of that name wins', async () => {
  const box = new Sandbox();
  const args = ['provider', 'check', 'gitlab', '--show-requests', '--json', 'call,url'];
  const builtIn = JSON.parse((await box.keys(args, { now })).stdout);
  expect(builtIn).toContainEqual({
    call: 'revoke',
    url: 'https://gitlab.com/api/v4/projects/my-project/access_tokens/key_123',
  });
  box.write('gitlab', JSON.stringify(declaration));
  expect((await box.keys(args, { now })).stdout).toContain('https://api.example.com/v2/keys/key_123');
});

test('every call of every built-in provider has an example that its templates take', async () => {
  for (const provider of await builtInProviders()) {
    const requests = requestsOf(provider, now);
    const calls = new Set(requests.map(({ call }) => call.split(/[ ,.]/)[0]));
    const declaredCalls = Object.keys(callInputs).filter((name) => name in provider);
    expect([...calls], provider.id).toEqual(expect.arrayContaining(declaredCalls));
    for (const { url } of requests) expect(decodeURIComponent(url)).not.toMatch(/[{}]/);
  }
});

test('a key in a body, a secret that is made here and a page by POST are in place, and masked', () => {
  const bodyOf = (provider: Provider, call: string) =>
    JSON.stringify(requestsOf(provider, now).find((one) => one.call === call)).replaceAll('\\', '');
  expect(bodyOf(unkey, 'list, second page')).toContain('cursor_123');
  expect(bodyOf(unkey, 'verify')).toMatch(/"key":\s*"\*{4}"/);
  expect(bodyOf(powerdns, 'rotate')).toMatch(/"key":\s*"\*{4}"/);
});
