import { expect, test } from 'vitest';
import { builtInProvider } from '../../src/providers/built-in/built-in.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* What a rotation through a built-in provider sends for the new key, from what the documented list reports of the old one. */

interface Account {
  flags?: readonly string[];
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

async function rotate({ provider, options = {}, flags = [], list, others = {}, create }: Account) {
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
    KEYS_PASSWORD: 'password-EXAMPLE',
  };
  sandbox.expectSecretIn('ci.key');
  const run = await sandbox.keys(['rotate', 'ci', '--no-verify', '--to', 'file:ci.key', '--json', ...flags], {
    env,
  });
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
const groupToken = {
  id: 1,
  name: 'ci',
  revoked: false,
  active: true,
  created_at: created,
  expires_at: '2027-01-30',
  scopes: ['api'],
  access_level: 20,
};
const routerKey = {
  hash: 'h1',
  name: 'ci',
  disabled: false,
  created_at: created,
  expires_at: null,
  limit: 5,
  limit_remaining: 4,
  limit_reset: 'daily',
  include_byok_in_limit: true,
  creator_user_id: 'u1',
  workspace_id: 'w1',
  external_user: null,
};
const authKey = {
  id: 'k1',
  name: 'ci',
  prefix: 'app_',
  enabled: true,
  createdAt: created,
  expiresAt: null,
  remaining: null,
  refillAmount: null,
  rateLimitEnabled: true,
  rateLimitMax: 10,
  rateLimitTimeWindow: 86_400_000,
  permissions: null,
  metadata: { team: 'a' },
  configId: 'strict',
};
const npmToken = {
  token: 'npm_abc...xyz',
  key: 't1',
  name: 'ci',
  created,
  readonly: false,
  cidr_whitelist: ['192.0.2.0/24'],
  packages: ['@acme/a'],
  packages_and_scopes_permission: 'read-only',
  bypass_2fa: true,
};
const projectKey = {
  id: 'p1',
  name: 'ci',
  type: 'secret',
  api_key: 'sb_secret_abcde···',
  secret_jwt_template: { role: 'service_role' },
  inserted_at: created,
};
const clientKey = {
  id: 'c1',
  name: 'ci',
  isActive: true,
  rateLimit: { window: 60, count: 10 },
  useCase: 'profiling',
  dsn: { public: 'https://c1@o1.ingest.example.com/1EXAMPLE' },
  dateCreated: created,
  dynamicSdkLoaderOptions: { hasReplay: true },
};
const gatewayKey = {
  hash: 'h1',
  name: 'ci',
  disabled: false,
  created_at: created,
  limit: 5,
  limit_reset: 'weekly',
  limit_remaining: 4,
};
const serviceAccount = { id: 's1', name: 'ci', role: 'owner', created_at: 1_793_491_200 };
const userToken = {
  id: 't1',
  name: 'ci',
  createdAt: 1_793_491_200_000,
  activeAt: 1_793_491_200_000,
  scopes: [{ type: 'team', teamId: 'team1' }],
};
const infraToken = { token_id: 't1', name: 'ci', created_at: 1_793_491_200, allowed_ips: ['192.0.2.1'] };

test.each<[what: string, account: Account, sent: unknown]>([
  [
    'the kind and the claims of a Supabase key',
    {
      provider: 'supabase',
      options: { project: 'abc' },
      list: ['GET /v1/projects/abc/api-keys', [projectKey]],
      create: ['POST /v1/projects/abc/api-keys?reveal=true', { ...projectKey, id: 'p2', api_key: secret }],
    },
    { type: 'secret', name: 'ci', secret_jwt_template: { role: 'service_role' } },
  ],
  [
    'the rate limit and the use of a Sentry client key',
    {
      provider: 'sentry',
      options: { organization: 'acme', project: 'web' },
      list: ['GET /api/0/projects/acme/web/keys/', [clientKey]],
      others: { 'GET /api/0/projects/acme/web/keys/c1/': clientKey },
      create: [
        'POST /api/0/projects/acme/web/keys/',
        { ...clientKey, id: 'c2', dsn: { public: 'https://c2@o1.ingest.example.com/1EXAMPLE' } },
      ],
    },
    { name: 'ci', rateLimit: { window: 60, count: 10 }, useCase: 'profiling' },
  ],
  [
    'the budget of a Merge Gateway key and how often it starts anew',
    {
      provider: 'merge-gateway',
      list: ['GET /v1/keys?limit=100', { data: [gatewayKey], has_more: false }],
      others: { 'GET /v1/keys/h1': gatewayKey },
      create: ['POST /v1/keys', { ...gatewayKey, hash: 'h2', key: secret }],
    },
    { name: 'ci', limit: 5, limit_reset: 'weekly' },
  ],
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
  [
    'the workspace of a Mistral key, whatever that of the profile',
    {
      provider: 'mistral',
      options: { user: 'u1', workspace: 'w1' },
      list: [
        'GET /api-keys?limit=20',
        { keys: [{ key_id: 'k1', name: 'ci', created_at: created, workspace_id: 'w2', actions: {} }] },
      ],
      create: ['POST /api-keys', { key_id: 'k2', name: 'ci', key: secret }],
    },
    { user_id: 'u1', workspace_uuid: 'w2', name: 'ci' },
  ],
  [
    'the access level of a GitLab group token',
    {
      provider: 'gitlab-group',
      options: { group: 'g' },
      list: ['GET /groups/g/access_tokens?per_page=100', [groupToken]],
      others: {
        'GET /groups/g/access_tokens/1': groupToken,
        'GET /personal_access_tokens/self': { id: 2 },
        'GET /groups/g/access_tokens/2': { ...groupToken, id: 2 },
      },
      create: ['POST /groups/g/access_tokens', { ...groupToken, id: 2, token: secret }],
    },
    {
      name: 'ci',
      scopes: ['api'],
      access_level: 20,
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    },
  ],
  [
    'the span of a personal token that GitLab rotates itself',
    {
      provider: 'gitlab-personal',
      flags: ['--allow-downtime'],
      options: { user: '5' },
      list: ['GET /personal_access_tokens?user_id=5&per_page=100', [groupToken]],
      others: {
        'GET /personal_access_tokens/1': groupToken,
        'GET /personal_access_tokens/self': { id: 9 },
      },
      create: ['POST /personal_access_tokens/1/rotate', { ...groupToken, id: 2, token: secret }],
    },
    { expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
  ],
  [
    'the reset, the creator and the workspace of an OpenRouter key',
    {
      provider: 'openrouter',
      list: ['GET /keys?include_disabled=true', { data: [routerKey] }],
      others: { 'GET /keys/h1': { data: routerKey } },
      create: ['POST /keys', { data: { ...routerKey, hash: 'h2' }, key: secret }],
    },
    {
      name: 'ci',
      limit: 5,
      limit_reset: 'daily',
      include_byok_in_limit: true,
      creator_user_id: 'u1',
      workspace_id: 'w1',
    },
  ],
  [
    'the prefix, the metadata and the configuration of a better-auth key',
    {
      provider: 'better-auth',
      list: [
        'GET /api-key/list?sortBy=createdAt&sortDirection=desc&limit=100',
        { apiKeys: [authKey], total: 1 },
      ],
      others: { 'GET /api-key/get?id=k1': authKey, 'POST /api-key/update': authKey },
      create: ['POST /api-key/create', { ...authKey, id: 'k2', key: secret }],
    },
    { name: 'ci', prefix: 'app_', metadata: { team: 'a' }, configId: 'strict' },
  ],
  [
    'the limits that a registry reports of an npm token',
    {
      provider: 'npm',
      list: ['GET /-/npm/v1/tokens', { objects: [npmToken], urls: {} }],
      create: ['POST /-/npm/v1/tokens', { ...npmToken, key: 't2', token: secret }],
    },
    {
      password: 'password-EXAMPLE',
      name: 'ci',
      readonly: false,
      cidr_whitelist: ['192.0.2.0/24'],
      packages: ['@acme/a'],
      packages_and_scopes_permission: 'read-only',
      bypass_2fa: true,
    },
  ],
])('a rotation carries over %s', async (_, account, sent) => {
  const run = await rotate(account);
  expect(run.stderr).not.toContain('cannot take over');
  expect(run.exit, run.stderr).toBe(0);
  expect(run.sent).toEqual(sent);
});

test.each<[what: string, account: Account, field: string]>([
  [
    'the models of a Merge Gateway key',
    {
      provider: 'merge-gateway',
      list: ['GET /v1/keys?limit=100', { data: [{ ...gatewayKey, allowed_models: [] }], has_more: false }],
      others: { 'GET /v1/keys/h1': { ...gatewayKey, allowed_models: [] } },
      create: ['POST /v1/keys', { ...gatewayKey, hash: 'h2', key: secret }],
    },
    'allowed_models',
  ],
  [
    'the role of an OpenAI service account',
    {
      provider: 'openai-service-account',
      options: { project: 'p1' },
      list: [
        'GET /organization/projects/p1/service_accounts?limit=100',
        { data: [serviceAccount], has_more: false },
      ],
      others: { 'GET /organization/projects/p1/service_accounts/s1': serviceAccount },
      create: [
        'POST /organization/projects/p1/service_accounts',
        { ...serviceAccount, id: 's2', api_key: { value: secret } },
      ],
    },
    'permissions',
  ],
  [
    'the scopes of a Vercel token',
    {
      provider: 'vercel',
      list: ['GET /v6/user/tokens', { tokens: [userToken], pagination: { count: 1, next: null } }],
      others: {
        'GET /v5/user/tokens/t1': { token: userToken },
        'GET /v5/user/tokens/current': { token: { ...userToken, id: 'own' } },
      },
      create: ['POST /v3/user/tokens', { token: { ...userToken, id: 't2' }, bearerToken: secret }],
    },
    'scopes',
  ],
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
  [
    'the remaining uses of a better-auth key',
    {
      provider: 'better-auth',
      list: [
        'GET /api-key/list?sortBy=createdAt&sortDirection=desc&limit=100',
        { apiKeys: [{ ...authKey, remaining: 0 }], total: 1 },
      ],
      others: { 'GET /api-key/get?id=k1': { ...authKey, remaining: 0 } },
      create: ['POST /api-key/create', { ...authKey, id: 'k2', key: secret }],
    },
    'remaining',
  ],
  [
    'the external user of an OpenRouter key',
    {
      provider: 'openrouter',
      list: ['GET /keys?include_disabled=true', { data: [{ ...routerKey, external_user: 'ada' }] }],
      others: { 'GET /keys/h1': { data: { ...routerKey, external_user: 'ada' } } },
      create: ['POST /keys', { data: { ...routerKey, hash: 'h2' }, key: secret }],
    },
    'external_user',
  ],
])('a rotation that would lose %s is refused', async (_, account, field) => {
  const run = await rotate(account);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain(`cannot take over ${field} from the old one`);
  expect(run.sent).toBeUndefined();
});

test('a rotation keeps the policies of a Cloudflare token, and needs no resources', async () => {
  const resources = { 'com.cloudflare.api.account.zone.z1': '*' };
  const policies = ['allow', 'deny'].map((effect, at) => ({
    effect,
    permission_groups: [{ id: `g${at}` }],
    resources,
  }));
  const condition = { request_ip: { in: ['10.0.0.0/8'] } };
  const token = { id: 'c1d2', name: 'ci', status: 'active', issued_on: created, policies, condition };
  const success = { success: true, errors: [], messages: [] };
  const run = await rotate({
    provider: 'cloudflare',
    list: [
      'GET /user/tokens?include_expired=true&per_page=50&page=1',
      { ...success, result: [token], result_info: { total_count: 1 } },
    ],
    others: {
      'GET /user/tokens/c1d2': { ...success, result: token },
      'GET /user/tokens/verify': { ...success, result: { id: 'other', status: 'active' } },
      'PUT /user/tokens/c1d2': { ...success, result: token },
    },
    create: ['POST /user/tokens', { ...success, result: { ...token, id: 'e3f4', value: secret } }],
  });
  expect(run.exit, run.stderr).toBe(0);
  expect(run.sent).toEqual({ name: 'ci', policies, condition });
});

test('a rotation at SendGrid reads the scopes of the old key, and gives them to the new one', async () => {
  const key = { api_key_id: 'sg1abc', name: 'ci' };
  const scopes = ['mail.send'];
  const run = await rotate({
    provider: 'sendgrid',
    list: ['GET /v3/api_keys', { result: [key] }],
    others: { 'GET /v3/api_keys/sg1abc': { result: [{ ...key, scopes }] } },
    create: ['POST /v3/api_keys', { ...key, api_key_id: 'sg2abc', scopes, api_key: secret }],
  });
  expect(run.exit, run.stderr).toBe(0);
  expect(run.sent).toEqual({ name: 'ci', scopes });
});
