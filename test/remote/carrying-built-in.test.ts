import { expect, test } from 'vitest';
import { builtInProvider } from '../../src/providers/built-in/built-in.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* What a rotation through a built-in provider sends for the new key, from what the documented list reports of the old one. */

interface Account {
  provider: string;
  options?: Record<string, string>;
  /** The route of the list, and the list with the key to rotate. */
  list: [route: string, answer: unknown];
  /** What other routes answer: one that shows that key, or sets its end. */
  others?: Record<string, unknown>;
  /** The route that creates a key, and what it answers. */
  create: [route: string, answer: unknown];
}

const secret = 'sk-a1b2c3d4e5f6g7h8EXAMPLE';

async function rotate({ provider, options = {}, list, others = {}, create }: Account) {
  const [sandbox, server] = [new Sandbox(), await FaultServer.start()];
  expect(await builtInProvider(provider), provider).toBeDefined();
  server.always(list[0], json(200, list[1]));
  for (const [route, answer] of Object.entries(others)) server.always(route, json(200, answer));
  server.always(create[0], json(200, create[1]));
  const settings = Object.entries(options).map(([name, value]) => [
    `KEYS_OPTION_${name.toUpperCase()}`,
    value,
  ]);
  const env = {
    ...Object.fromEntries(settings),
    KEYS_PROVIDER: provider,
    KEYS_URL: server.origin,
    KEYS_TOKEN: 'tok-EXAMPLE',
  };
  sandbox.expectSecretIn('ci.key');
  const run = await sandbox.keys(['rotate', 'ci', '--no-verify', '--to', 'file:ci.key', '--json'], { env });
  const sent = server.received.find(({ method, path }) => `${method} ${path}` === create[0]);
  return { ...run, sent: sent && JSON.parse(String(sent.body)) };
}

const created = '2026-11-01T00:00:00Z';
const hubToken = { id: 'a1', note: 'ci', created, scopes: ['read:users'], roles: ['reader'] };
const liteKey = {
  token: 'a1',
  key_alias: 'ci',
  created_at: created,
  expires: null,
  models: ['gpt-4o'],
  max_budget: 25,
  budget_duration: '30d',
  budget_reset_at: created,
  rpm_limit: null,
  tpm_limit: 1000,
  max_parallel_requests: 2,
  team_id: 't1',
  metadata: { app: 'search' },
  allowed_routes: ['/chat/completions'],
  permissions: {},
  blocked: false,
};
const infraToken = { token_id: 't1', name: 'ci', created_at: 1_793_491_200, allowed_ips: ['192.0.2.1'] };

test.each<[what: string, account: Account, sent: unknown]>([
  [
    'the project of a Neon key',
    {
      provider: 'neon-organization',
      options: { organization: 'org1' },
      list: [
        'GET /organizations/org1/api_keys',
        [{ id: 1, name: 'ci', created_at: created, project_id: 'p1' }],
      ],
      create: ['POST /organizations/org1/api_keys', { id: 2, name: 'ci', key: secret, project_id: 'p1' }],
    },
    { key_name: 'ci', project_id: 'p1' },
  ],
  [
    'the annotations of a Fireworks key',
    {
      provider: 'fireworks',
      options: { account: 'acme', user: 'ada' },
      list: [
        'GET /v1/accounts/acme/users/ada/apiKeys?pageSize=100',
        { apiKeys: [{ keyId: 'k1', displayName: 'ci', createTime: created, annotations: { team: 'a' } }] },
      ],
      create: [
        'POST /v1/accounts/acme/users/ada/apiKeys',
        { keyId: 'k2', displayName: 'ci', key: secret, annotations: { team: 'a' } },
      ],
    },
    { apiKey: { displayName: 'ci', annotations: { team: 'a' } } },
  ],
  [
    'the scopes and roles of a JupyterHub token',
    {
      provider: 'jupyterhub',
      options: { user: 'ada' },
      list: ['GET /users/ada/tokens', { api_tokens: [hubToken] }],
      others: { 'GET /users/ada/tokens/a1': hubToken },
      create: ['POST /users/ada/tokens', { ...hubToken, id: 'a2', token: secret }],
    },
    { note: 'ci', scopes: ['read:users'], roles: ['reader'] },
  ],
  [
    'the roles of a Pinecone key',
    {
      provider: 'pinecone',
      options: { project: 'p1' },
      list: [
        'GET /admin/projects/p1/api-keys',
        { data: [{ id: 'k1', name: 'ci', project_id: 'p1', roles: ['DataPlaneEditor'] }] },
      ],
      create: [
        'POST /admin/projects/p1/api-keys',
        { key: { id: 'k2', name: 'ci', project_id: 'p1', roles: ['DataPlaneEditor'] }, value: secret },
      ],
    },
    { name: 'ci', roles: ['DataPlaneEditor'] },
  ],
  [
    'the limits, the team and the settings of a LiteLLM key',
    {
      provider: 'litellm',
      list: [
        'GET /key/list?return_full_object=true&size=100&page=1',
        { keys: [liteKey], total_count: 1, current_page: 1, total_pages: 1 },
      ],
      others: { 'POST /key/update': { key: 'a1' } },
      create: [
        'POST /key/generate',
        { ...liteKey, token: undefined, key_alias: 'ci (2026-11-20)', token_id: 'b2', key: secret },
      ],
    },
    {
      key_alias: expect.stringMatching(/^ci \(\d{4}-\d\d-\d\d\)$/),
      models: ['gpt-4o'],
      max_budget: 25,
      budget_duration: '30d',
      tpm_limit: 1000,
      max_parallel_requests: 2,
      team_id: 't1',
      metadata: { app: 'search' },
      allowed_routes: ['/chat/completions'],
      permissions: {},
    },
  ],
])('a rotation carries over %s', async (_, account, sent) => {
  const run = await rotate(account);
  expect(run.stderr).not.toContain('warning');
  expect(run.exit).toBe(0);
  expect(run.sent).toEqual(sent);
});

test.each<[what: string, account: Account, field: string]>([
  [
    'the allowed addresses of a DeepInfra token',
    {
      provider: 'deepinfra',
      list: ['GET /v1/api-tokens', [infraToken]],
      others: { 'GET /v1/api-tokens/t1': infraToken },
      create: ['POST /v1/api-tokens', { token_id: 't2', name: 'ci', token: secret }],
    },
    'allowed_ips',
  ],
])('a rotation that would lose %s is refused', async (_, account, field) => {
  const run = await rotate(account);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain(`cannot take over ${field} from the old one`);
  expect(run.sent).toBeUndefined();
});
