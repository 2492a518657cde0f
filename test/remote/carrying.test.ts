import { describe, expect, test } from 'vitest';
import { betterAuth } from '../../src/providers/built-in/better-auth.ts';
import { gitlab } from '../../src/providers/built-in/gitlab.ts';
import { npm } from '../../src/providers/built-in/npm.ts';
import { openrouter } from '../../src/providers/built-in/openrouter.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { LifecycleProvider, Provider } from '../../src/providers/declaration/provider.ts';
import { restrictionsIn } from '../../src/remote/restrictions.ts';
import { part } from '../../src/remote/select.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* What a rotation carries over, and what it refuses to lose. */

describe('an unread field that restricts a key', () => {
  test.each([
    ['permission', 'sending_access'],
    ['scopes', ['read_api']],
    ['accessLevel', 20],
    ['policies', [{ effect: 'allow' }]],
    ['ip_whitelist', ['10.0.0.0/8']],
    ['cidr', ['10.0.0.0/8']],
    ['readonly', true],
    ['readOnly', true],
    ['monthly_limit', 5],
    ['allowed_domains', ['example.com']],
    ['role', 'viewer'],
    ['type', 'read-only'],
    ['indexes', ['movies']],
    ['ips', ['10.0.0.1']],
    ['abilities', ['deploy']],
    ['ratelimits', [{ limit: 5 }]],
    ['projects', ['a']],
    ['environments', { production: true }],
    ['can_write', false],
    ['allowAll', false],
    ['internal_only', true],
    ['max_uses', 3],
    ['bucketIds', ['b1']],
    ['collections', ['a']],
    ['whitelisted_ips', '10.0.0.1'],
    ['exclude', ['x']],
    ['only', ['x']],
    ['superuser', false],
    ['require_signature', true],
    ['environment', 'sandbox'],
    ['livemode', false],
    ['hard_cap', 3],
    ['scp', 'read'],
    ['clearance', 'low'],
    ['expires_at', '2027-01-01T00:00:00Z'],
    ['validUntil', 1_900_000_000],
    ['ttl', 3600],
  ])('is reported: %s', (name, value) => {
    expect(restrictionsIn(part({ hash: 'h1', [name]: value }), unreal.key)).toEqual([name]);
  });

  test.each([
    ['limit_remaining', 5],
    ['access_key_id', 'ak1'],
    ['permission', null],
    ['scopes', []],
    ['readonly', false],
    ['last_used_role', 'x'],
    ['created_by', 'ada'],
    ['model_count', 3],
    ['note', 'for the domain'],
    ['usage', { requests: 1, tokens: 1 }],
    ['owner', { id: 'u1', role: 'admin' }],
    ['project', 'p1'],
    ['environment', 'production'],
    ['sandbox', false],
    ['ip', '10.0.0.1'],
  ])('is not reported if it is a counter, a timestamp or empty: %s', (name, value) => {
    expect(restrictionsIn(part({ hash: 'h1', [name]: value }), unreal.key)).toEqual([]);
  });

  test('is reported in objects that the declaration does not mention', () => {
    const answer = {
      hash: 'h1',
      config: { note: 'x', security: { permissions: ['read'] } },
      meta: { role: null },
    };
    expect(restrictionsIn(part(answer), unreal.key)).toEqual(['config.security.permissions']);
  });

  test('is reported next to read fields, at any depth, but not if it is read or declared harmless', () => {
    const fields = { id: 'data.id', name: 'data.attributes.name', harmless: ['data.attributes.role'] };
    const attributes = { name: 'ci', scopes: ['a'], role: 'x' };
    expect(restrictionsIn(part({ data: { id: '1', attributes, acl: 'y' } }), fields)).toEqual([
      'data.attributes.scopes',
      'data.acl',
    ]);
  });

  test('is reported whatever its name says if it is declared as restricting, even if it is 0', () => {
    const fields = { id: 'id', name: 'name', restricting: ['remaining', 'owner.kind'] };
    const key = { id: 1, name: 'ci', remaining: 0, owner: { kind: 'robot', age: 3 } };
    expect(restrictionsIn(part(key), fields)).toEqual(['remaining', 'owner.kind']);
    expect(restrictionsIn(part({ ...key, remaining: null, owner: null }), fields)).toEqual([]);
  });

  test.each([
    [
      'openrouter',
      openrouter,
      { hash: 'h', limit: 5, limit_remaining: 2, limit_reset: 'daily', include_byok_in_limit: true },
    ],
    ['npm', npm, { key: 'k', readonly: true, cidr_whitelist: ['10.0.0.0/8'] }],
    ['gitlab', gitlab, { id: 1, scopes: ['api'], access_level: 10 }],
    [
      'better-auth',
      betterAuth,
      { id: 'k', rateLimitEnabled: true, rateLimitMax: 10, rateLimitTimeWindow: 1000 },
    ],
  ])('does not occur in the documented answers of %s', (_, { key }, answer) => {
    expect(restrictionsIn(part(answer), key)).toEqual([]);
  });
});

const secret = 'sk-a1b2c3d4e5f6g7h8EXAMPLE';

async function started(provider: Provider, old: object) {
  const sandbox = new Sandbox();
  const server = await FaultServer.start();
  sandbox.ownProvider(provider);
  server.always('GET /keys', json(200, { keys: [old] }));
  const env = {
    KEYS_PROVIDER: provider.id,
    KEYS_URL: server.origin,
    KEYS_TOKEN: 'tok-EXAMPLE',
  };
  sandbox.expectSecretIn('ci.key');
  const rotate = (...args: string[]) =>
    sandbox.keys(['rotate', 'ci', '--to', 'file:ci.key', '--json', ...args], { env });
  return { server, rotate };
}

const mailer: LifecycleProvider = {
  id: 'mailer',
  name: 'Mailer',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/keys', items: 'keys' },
  create: { post: '/keys', body: { name: '{name}', permission: '{permissions}' }, key: '', secret: 'token' },
  revoke: { delete: '/keys/{id}' },
  key: { id: 'id', name: 'name', createdAt: 'created_at' },
};
const old = { id: 'k-old1', name: 'ci', created_at: '2026-11-01T00:00:00Z' };

describe('a rotation that would lose a field', () => {
  test.each([
    ['that the API takes and the declaration does not read', mailer, old, 'permissions'],
    [
      'that only the API knows',
      { ...mailer, create: { ...mailer.create, body: { name: '{name}' } } },
      { ...old, scopes: ['read'] },
      'scopes',
    ],
    [
      'that cannot be read',
      { ...mailer, key: { ...mailer.key, permissions: 'permission' } },
      { ...old, permission: { send: true } },
      'permissions',
    ],
  ] as [string, Provider, object, string][])(
    '%s is refused before anything happens',
    async (_, provider, key, field) => {
      const { server, rotate } = await started(provider, key);
      const run = await rotate();
      expect(run.exit).toBe(2);
      expect(JSON.parse(run.stderr)).toEqual({
        error: {
          code: 'usage',
          message: `the new key ci cannot take over ${field} from the old one: the API or its declaration does not accept or report it; it might be allowed more than the old one`,
          hint: 'keys rotate ci --allow-loss\ndeclare where the fields are in the provider file (docs/reference/providers.md)',
        },
      });
      expect(server.received.map(({ method }) => method)).not.toContain('POST');
    },
  );

  test('proceeds with --allow-loss, and warns of what is lost', async () => {
    const { server, rotate } = await started(mailer, old);
    server.on('POST /keys', json(200, { ...old, id: 'k-new1', token: secret }));
    const run = await rotate('--allow-loss');
    expect(JSON.parse(run.stdout)).toMatchObject({ newId: 'k-new1' });
    expect(run.stderr.replace(/until \S+/, 'until TIME')).toMatchInlineSnapshot(`
      "warning: the new key ci cannot take over permissions from the old one: the API or its declaration does not accept or report it
      delivered to file:ci.key and read back
      the old key k-old1 works until TIME
      "
    `);
  });
});

test('the fields that a declaration keeps are copied verbatim', async () => {
  const provider: Provider = {
    ...mailer,
    create: {
      ...mailer.create,
      body: { name: '{name}', acl: '{kept.acl}', strict: '{kept.strict}', none: '{kept.none}' },
    },
    key: { ...mailer.key, kept: { acl: 'access.list', strict: 'strict', none: 'none' } },
  };
  const access = { list: [{ path: '/a', allow: ['GET'] }] };
  const { server, rotate } = await started(provider, { ...old, access, strict: false, none: null });
  server.on('POST /keys', json(200, { ...old, id: 'k-new1', token: secret }));
  expect((await rotate()).exit).toBe(0);
  const sent = server.received.find(({ method }) => method === 'POST');
  expect(JSON.parse(String(sent?.body))).toEqual({ name: 'ci', acl: access.list, strict: false });
});

describe('the request is compared with what the server stored', () => {
  async function created(answer: object, ...args: string[]) {
    const sandbox = new Sandbox();
    const server = await FaultServer.start();
    const provider: Provider = {
      ...mailer,
      capabilities: { ...mailer.capabilities, expiry: 'any' },
      create: {
        ...mailer.create,
        body: { name: '{name}', note: '{description}', budget: '{budgetUsd}', ttl: '{expiresAt:seconds}' },
      },
      key: { ...mailer.key, description: 'note', budgetUsd: 'budget', expiresAt: 'ends' },
    };
    sandbox.ownProvider(provider);
    sandbox.expectSecretIn('ci.key');
    server.always('GET /keys', json(200, { keys: [] }));
    server.on('POST /keys', json(200, { id: 'k1', token: secret, ...answer }));
    const env = { KEYS_PROVIDER: 'mailer', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const now = new Date('2026-11-20T12:00:00.900Z');
    const run = await sandbox.keys(['create', 'ci', '--to', 'file:ci.key', '--json', ...args], { env, now });
    return {
      ...run,
      record: JSON.parse(run.stdout),
      sent: JSON.parse(String(server.received.at(1)?.body ?? '{}')),
    };
  }

  test('and each difference is reported, on stderr and in the record', async () => {
    const { record, stderr } = await created(
      { name: 'CI', note: null, budget: 5, ends: '2026-12-01T00:00:00Z' },
      ...['--description', 'deploys', '--budget', '25', '--expires', '2027-01-31'],
    );
    expect(record).toMatchObject({
      requested: { name: 'ci', description: 'deploys', budgetUsd: 25 },
      expiresAtRequested: '2027-01-31T23:59:59.000Z',
    });
    expect(stderr).toMatchInlineSnapshot(`
      "warning: requested name ci for CI, but the server stored CI
      warning: requested description deploys for CI, but the server stored none
      warning: requested expiry 2027-01-31T23:59:59.000Z, but the server stored 2026-12-01T00:00:00.000Z
      warning: requested budget 25 for CI, but the server stored 5
      delivered to file:ci.key and read back
      "
    `);
  });

  test('and so is a field that the API does not report', async () => {
    const { record, stderr } = await created({ name: 'ci' }, '--description', 'deploys', '--expires', '90d');
    expect(record).toMatchObject({ requested: { description: 'deploys' } });
    expect(record).toHaveProperty('expiresAtRequested');
    expect(stderr).toMatchInlineSnapshot(`
      "warning: requested description deploys for ci, but the API does not report whether it was stored
      warning: requested expiry 2027-02-18T12:00:00.000Z, but the API does not report an expiry
      delivered to file:ci.key and read back
      "
    `);
  });

  test('a span is sent unchanged, and a different clock is not a difference', async () => {
    const { record, stderr, sent } = await created(
      { name: 'ci', created_at: '2026-11-20T12:03:00.400Z', ends: '2026-11-21T12:03:00Z' },
      ...['--expires', '1d'],
    );
    expect(sent).toMatchObject({ ttl: 86_400 });
    expect(record).not.toHaveProperty('expiresAtRequested');
    expect(stderr).not.toContain('but the server');
  });
});
