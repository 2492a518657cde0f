import { describe, expect, test } from 'vitest';
import { gitlab } from '../../src/providers/built-in/gitlab.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { remarksOn } from '../../src/providers/declaration/remarks.ts';
import { fillBody } from '../../src/remote/fill-template.ts';

/** The issues of a declaration that is right but for this change. */
function issuesOf(change: Record<string, unknown>): Record<string, string> {
  const sendsExpiry = JSON.stringify(change.create)?.includes('{expiresAt');
  const capabilities = { ...unreal.capabilities, ...(sendsExpiry && { expiry: 'any' }) };
  const { issues } = checkProvider(JSON.parse(JSON.stringify({ ...unreal, capabilities, ...change })));
  return Object.fromEntries(issues.map(({ path, message }) => [path, message]));
}

test('a provider that went through JSON is the same provider', () => {
  const { provider } = checkProvider(JSON.parse(JSON.stringify(gitlab)));
  expect(provider).toEqual(gitlab);
});

test('every fault is named with its path', () => {
  const issues = issuesOf({
    id: 'Not An Id',
    url: 'nowhere',
    surprise: true,
    capabilities: { ...unreal.capabilities, overlap: 'sometimes' },
    create: { post: 'no-slash', secret: 7 },
    key: { name: 'name' },
  });
  expect(Object.keys(issues).sort()).toEqual([
    'capabilities.overlap',
    'create.post',
    'create.secret',
    'id',
    'key.id',
    'surprise',
    'url',
  ]);
});

test('something that is no object at all is a fault', () => {
  for (const data of [null, 7, 'text', []]) expect(checkProvider(data).issues).not.toEqual([]);
});

test('a list of whole keys is declared only beside a call that shows one', () => {
  const { show, list } = unreal;
  const whole = { ...list, whole: true };
  expect(issuesOf({ list: whole, show: show ?? { get: '/v1/keys/{id}' } })).toEqual({});
  expect(issuesOf({ list: whole, show: undefined })).toEqual({
    'list.whole': 'has no effect without show, because the list is all that there is; remove it',
  });
});

test('an order by time needs the time of each key', () => {
  const list = { ...unreal.list, order: 'newest' };
  const { createdAt: _, ...key } = unreal.key;
  expect(issuesOf({ list })).toEqual({});
  expect(issuesOf({ list, key })).toEqual({
    'list.order': 'needs the time of creation of each key; add key.createdAt, or remove it',
  });
  expect(issuesOf({ list: { ...list, single: true } })).toMatchObject({
    'list.order': 'has no use, because the API has one key; remove it',
  });
});

test('a secret is shown for comparison only where keys makes secrets', () => {
  const show = { get: '/v1/keys/{id}', secret: 'key' };
  const makes = { bytes: 32, as: 'base64' };
  const create = { post: '/v1/keys', body: { name: '{name}', key: '{newSecret}' }, makes, key: '' };
  expect(issuesOf({ show, create })).toEqual({});
  expect(issuesOf({ show })).toEqual({
    'show.secret': 'has no effect because neither create nor rotate has makes; remove it',
  });
});

test('an empty list is left out of an object only, and a link has a page size only beside a parameter', () => {
  const { list } = unreal;
  expect(issuesOf({ list: { ...list, omitted: true } })).toEqual({});
  expect(issuesOf({ list: { ...list, items: '', omitted: true } })).toEqual({
    'list.omitted': 'has no effect because the whole response is the list; remove it',
  });
  expect(issuesOf({ list: { ...list, single: true, omitted: true } })).toMatchObject({
    'list.omitted': 'has no effect because list.single says that there is one key; remove it',
  });
  const link = (paging: object) => issuesOf({ list: { ...list, paging: { by: 'link', ...paging } } });
  expect(link({ more: 'results' })).toEqual({});
  expect(link({ limit: 'per_page', size: 100 })).toEqual({});
  expect(link({ limit: 'per_page' })).toEqual({
    'list.paging.size': 'is required because of limit; write a number such as 100',
  });
  expect(link({ size: 100 })).toEqual({
    'list.paging.size': 'is not sent; write the parameter for it in limit, or remove it',
  });
});

test('the status of a disabling is its confirmation only without a better one', () => {
  const disable = { post: '/v1/keys/{id}/off', confirms: 'status' };
  const enable = { post: '/v1/keys/{id}/on' };
  expect(issuesOf({ disable, enable })).toEqual({});
  expect(issuesOf({ disable: { ...disable, ok: { at: 'done' } }, enable })).toEqual({
    'disable.confirms': 'has no effect because of ok, which confirms more; remove it',
  });
});

test.each(['update', 'disable', 'enable'])('%s keeps what is not sent only with put', (name) => {
  const toggles = { disable: { post: '/v1/off' }, enable: { post: '/v1/on' } };
  const declared = (call: object) => ({ ...toggles, [name]: { body: { name: '{name}' }, ...call } });
  expect(issuesOf(declared({ patch: '/v1/keys/{id}', partial: true }))).toMatchObject({
    [`${name === 'update' ? 'update.0' : name}.partial`.replace('.0', '')]:
      'has no effect without put; remove it',
  });
  expect(issuesOf(declared({ put: '/v1/keys/{id}', partial: true }))).not.toHaveProperty(`${name}.partial`);
});

test('create and revoke are left out only where something else is said', () => {
  const console = 'https://console.example.com';
  const disable = { put: '/v1/keys/{id}/off' };
  const enable = { put: '/v1/keys/{id}/on' };
  expect(issuesOf({ create: undefined })).toEqual({
    create: expect.stringMatching(/^is required; write .*, or say in console where keys are created$/),
  });
  expect(issuesOf({ revoke: undefined })).toEqual({
    revoke: expect.stringMatching(/^is required; write .*, or say in console where keys are revoked$/),
  });
  expect(issuesOf({ create: undefined, revoke: undefined, console })).toEqual({});
  expect(issuesOf({ revoke: undefined, disable, enable })).toEqual({});
  expect(issuesOf({ console })).toEqual({
    console: 'has no use, because the API can create and revoke keys; remove it',
  });
});

test('a call has exactly one method', () => {
  expect(issuesOf({ revoke: {} })).toEqual({
    revoke: 'has 0 methods; expected exactly one of get, post, put, patch, delete',
  });
  expect(issuesOf({ revoke: { delete: '/a', post: '/b' } })).toHaveProperty('revoke');
});

test('a placeholder stands for something that there is', () => {
  expect(issuesOf({ show: { get: '/v1/keys/{key}' } })).toEqual({
    'show.get':
      '{key} is not one of id, name, description, expiresAt, permissions, rateLimitRpm, budgetUsd, models, labels; write {{key}} if it is no placeholder',
  });
  expect(issuesOf({ show: { get: '/{option.project}/{id}' } })).toEqual({
    'show.get': expect.stringMatching(/^\{option.project\} is not declared in options; add /),
  });
  expect(issuesOf({ create: { ...unreal.create, body: { a: { b: ['{secret.otp}'] } } } })).toEqual({
    'create.body.a.b.0': expect.stringMatching(/^\{secret.otp\} is not declared in secrets; add /),
  });
});

test('an expiry says how it is written, and nothing else does', () => {
  const withBody = (body: unknown) => issuesOf({ create: { ...unreal.create, body } });
  expect(withBody({ e: '{expiresAt}' })).toEqual({
    'create.body.e':
      '{expiresAt} needs one of :iso, :time, :date, :epochSeconds, :epochMilliseconds, :seconds, :milliseconds, :minutes, :hours, :days, :duration, :step, :stepMilliseconds',
  });
  expect(withBody({ e: '{expiresAt:fortnights}' })).toHaveProperty(['create.body.e']);
  expect(withBody({ e: '{name:iso}' })).toEqual({
    'create.body.e': '{name:iso} takes no style, but has :iso; write {name}',
  });
  expect(withBody({ name: '{name}', e: '{expiresAt:seconds}' })).toEqual({});
});

test('a log is asked for with what can be said of its entries, and nothing else is', () => {
  const logs = {
    get: '/logs',
    items: '',
    entry: { timestamp: 't', method: 'm', path: 'p', statusCode: 's' },
  };
  const withQuery = (query: Record<string, string>) => issuesOf({ logs: { ...logs, query } });
  expect(withQuery({ key: '{keyId}', from: '{since:time}', day: '{until:date}', s: '{status}' })).toEqual({});
  expect(withQuery({ id: '{id}' })).toEqual({
    'logs.query.id':
      '{id} is not one of keyId, since, until, status, method, pathPrefix; write {{id}} if it is no placeholder',
  });
  expect(withQuery({ from: '{since:iso}' })).toEqual({
    'logs.query.from': '{since:iso} needs one of :time, :date, :epochSeconds, :epochMilliseconds',
  });
  expect(withQuery({ s: '{status:time}' })).toEqual({
    'logs.query.s': '{status:time} takes no style, but has :time; write {status}',
  });
  expect(issuesOf({ logs: { ...logs, get: '/logs/{keyId}' } })).toEqual({
    'logs.get': '{keyId} cannot be part of a path: it may have no value; send it in the query or the body',
  });
  expect(issuesOf({ list: { ...unreal.list, query: { key: '{keyId}' } } })).toHaveProperty([
    'list.query.key',
  ]);
});

test('usage tells keys apart, counts something, and has limits that fit', () => {
  const row = { keyId: 'key', date: 'day', requests: 'requests' };
  const since = { from: '{since:epochSeconds}' };
  const withUsage = (usage: object) => issuesOf({ usage: { get: '/usage', items: '', row, ...usage } });
  expect(withUsage({ query: { by: '{by}', ...since, key: '{keyId}' } })).toEqual({});
  expect(withUsage({})).toEqual({});
  expect(withUsage({ query: { s: '{status}' } })).toHaveProperty(['usage.query.s']);
  const { keyId: _, ...keyless } = row;
  expect(withUsage({ row: keyless, query: { key: '{keyId}' } })).toEqual({});
  expect(withUsage({ row: keyless })).toEqual({
    'usage.row': 'cannot tell keys apart; declare keyId in it, or use {keyId} in the query of usage',
  });
  expect(withUsage({ row: keyless, query: { by: '{by}', key: '{keyId}' } })).toEqual({
    'usage.row.keyId': 'is required because the call uses {by}; write where a total by key has the id',
  });
  expect(withUsage({ row: { keyId: 'key', date: 'day' } })).toEqual({
    'usage.row': 'counts nothing; declare requests, tokens or spentUsd',
  });
  expect(withUsage({ defaultDays: 7 })).toEqual({
    'usage.defaultDays':
      'is not used because the call does not use {since}; add it to the query, or remove this',
  });
  expect(withUsage({ query: since, defaultDays: 31, retentionDays: 30 })).toEqual({
    'usage.defaultDays': 'is more than retentionDays; write 30 or less',
  });
  expect(withUsage({ retentionDays: 0, row: { ...row, tokens: { sum: ['a'] } } })).toEqual({
    'usage.retentionDays': 'is not at least 1',
    'usage.row.tokens.sum': 'has fewer than 2 paths; write the path of each number to add up',
  });
});

test('usage that may not reach back to the start is remarked on', () => {
  const usage = {
    get: '/usage',
    items: '',
    row: { keyId: 'key', date: 'day', requests: 'requests' },
  } as const;
  const remarksOf = (change: object) =>
    remarksOn({ ...unreal, usage: { ...usage, ...change } })
      .filter(({ path }) => path === 'usage')
      .map(({ message }) => message);
  const query = { from: '{since:date}' };
  expect(remarksOf({})).toEqual([
    'does not use {since}: the API alone decides how far back the totals go; declare retentionDays if they do not go back to the start',
  ]);
  expect(remarksOf({ query })).toEqual([
    'has no defaultDays: without --since, the API alone decides how far back the totals go',
  ]);
  expect([remarksOf({ retentionDays: 30 }), remarksOf({ query, defaultDays: 30 })]).toEqual([[], []]);
});

test('only a call that gives out a secret takes an idempotency key, and names a header for it', () => {
  const create = { ...unreal.create, idempotency: 'Idempotency-Key' };
  expect(issuesOf({ create })).toEqual({});
  expect(issuesOf({ create: { ...create, idempotency: 'a header' } })).toHaveProperty(['create.idempotency']);
  expect(issuesOf({ revoke: { ...unreal.revoke, idempotency: 'Idempotency-Key' } })).toHaveProperty([
    'revoke.idempotency',
  ]);
});

test('steps of expiry are durations, and there where they are promised', () => {
  const steps = (expirySteps?: string[]) =>
    issuesOf({
      capabilities: { ...unreal.capabilities, expiry: 'steps', expirySteps },
      create: { ...unreal.create, body: { name: '{name}', ttl: '{expiresAt:step}' } },
    });
  expect(steps()).toEqual({
    'capabilities.expirySteps':
      'is required because expiry is steps; write the spans on offer, such as ["30d", "90d"]',
  });
  expect(steps(['90d', 'soon'])).toEqual({
    'capabilities.expirySteps.1': `'soon' is not a duration; write one such as "90d"`,
  });
  expect(steps(['90d', '6mo'])).toEqual({});
});

test('a rotation whose expiry the API resets sends one', () => {
  const rotate = { post: '/v1/keys/{id}/rotate', secret: 'key', expiry: 'reset' };
  expect(issuesOf({ rotate })).toHaveProperty(
    'rotate.expiry',
    'is "reset", but rotate does not send {expiresAt}; add it to the body of rotate',
  );
});

test('disable goes with enable', () => {
  expect(issuesOf({ disable: { post: '/v1/keys/{id}/off' } })).toHaveProperty('disable');
});

describe('what would not do what it says is a fault', () => {
  const create = (body: unknown) => ({ create: { ...unreal.create, body } });
  const { capabilities, key } = unreal;

  test.each<[what: string, change: Record<string, unknown>, path: string]>([
    [
      'an expiry with a unit beside it',
      create({ name: '{name}', ttl: '{expiresAt:seconds}s' }),
      'create.body',
    ],
    ['a placeholder in a header', { headers: { 'x-team': '{option.team}' } }, 'headers'],
    ['a placeholder that names a field', create({ name: '{name}', '{description}': 1 }), 'create.body'],
    ['an underscore in a placeholder', create({ name: '{name}', rpm: '{rate_limit}' }), 'create.body'],
    [
      'a secret in a query',
      { secrets: { pin: { help: 'x' } }, list: { get: '/keys', items: '', query: { pin: '{secret.pin}' } } },
      'list.query',
    ],
    [
      'a secret in a path',
      { secrets: { pin: { help: 'x' } }, revoke: { delete: '/{secret.pin}/{id}' } },
      'revoke.delete',
    ],
    [
      'a setting in a path that need not be set',
      { options: { team: { help: 'x' } }, list: { get: '/{option.team}/keys', items: '' } },
      'list.get',
    ],
    ['a revocation of no key', { revoke: { post: '/revoke' } }, 'revoke'],
    ['a look at no key', { show: { get: '/key' } }, 'show'],
    ['a change of no key', { update: { patch: '/key', body: { name: '{name}' } } }, 'update'],
    ['a key without its name', create({ label: 'x' }), 'create'],
    [
      'a description in the path',
      { create: { post: '/{name}/{description}', secret: 'key' } },
      'create.post',
    ],
    ['a list of one key', { list: { get: '/keys', items: '', query: { name: '{name}' } } }, 'list.query'],
    ['a word for no verdict', { verify: { get: '/me', reading: { 401: 'wrong' } } }, 'verify.reading.401'],
    ['a verdict on no status', { verify: { get: '/me', reading: { nope: 'ok' } } }, 'verify.reading.nope'],
    [
      'a rotation that the API does not have',
      { capabilities: { ...capabilities, overlap: 'server' } },
      'rotate',
    ],
    ['an id that is the secret', { create: { ...unreal.create, key: '', secret: 'hash' } }, 'create.secret'],
    [
      'an id that is the secret, by another path',
      { create: { ...unreal.create, key: 'data', secret: ['x', 'data.hash'] } },
      'create.secret',
    ],
    ['fewer keys than one', { capabilities: { ...capabilities, maxKeys: -3 } }, 'capabilities.maxKeys'],
    [
      'pages without items',
      { list: { get: '/keys', items: '', paging: { by: 'offset', offset: 'o', size: 0 } } },
      'list.paging',
    ],
    ['what is kept and not sent', { key: { ...key, kept: { acl: 'acl' } } }, 'key.kept.acl'],
    ['a secret with the variable of the token', { secrets: { token: { help: 'x' } } }, 'secrets.token'],
    ['a kept secret that is not sent', { secrets: { pin: { help: 'x', keep: true } } }, 'secrets.pin'],
    [
      'what is kept in changes, and lost in a rotation',
      {
        update: { put: '/keys/{id}', body: { name: '{name}', acl: '{kept.acl}' } },
        key: { ...key, kept: { acl: 'acl' } },
      },
      'key.kept.acl',
    ],
    [
      'a change that drops what create sends',
      {
        ...create({ name: '{name}', note: '{description}' }),
        update: [{ put: '/keys/{id}', body: { name: '{name}' } }],
      },
      'update.0',
    ],
    [
      'a call among several without its key',
      { update: [{ patch: '/keys', body: { name: '{name}' } }] },
      'update.0',
    ],
    [
      'what is kept, in a path',
      { update: { patch: '/{kept.acl}/{id}', body: { name: '{name}' } } },
      'update',
    ],
    [
      'a choice of one',
      create({ name: '{name}', acl: { '{either}': ['{description}'] } }),
      'create.body.acl',
    ],
    [
      'a choice beside another field',
      create({ name: '{name}', acl: { '{either}': ['{description}', 1], more: 1 } }),
      'create.body.acl',
    ],
    [
      'a setting that is JSON, in a query',
      {
        options: { team: { help: 'x' } },
        list: { get: '/keys', items: '', query: { team: '{option.team:json}' } },
      },
      'list.query',
    ],
    ['the id of the embedded authority', { id: 'local' }, 'id'],
  ])('%s', (_, change, path) => {
    const paths = Object.keys(issuesOf(change));
    expect(
      paths.filter((one) => one === path || one.startsWith(`${path}.`)),
      paths.join(),
    ).not.toEqual([]);
  });

  test('though another field is misshapen', () => {
    const issues = issuesOf({
      surprise: true,
      name: 7,
      capabilities: { ...capabilities, overlap: 'server', maxKeys: 0 },
      revoke: { post: '/revoke' },
      ...create({ name: '{name}', rpm: '{rate_limit}' }),
    });
    expect(Object.keys(issues).sort()).toEqual([
      'capabilities.maxKeys',
      'create.body.rpm',
      'name',
      'revoke',
      'rotate',
      'surprise',
    ]);
  });

  test('a span may have its unit by a style, and a text that is not whole is not sent', async () => {
    expect(issuesOf(create({ name: '{name}', ttl: '{expiresAt:duration}', note: 'for {name}' }))).toEqual({});
    const clock = { now: new Date(0), steps: [], sendsFallbacks: true };
    const body = { ttl: '{expiresAt:duration}', note: 'for {name}', team: 'of {option.team}' };
    expect(fillBody(body, { name: 'ci', expiresAt: new Date(90_000) }, clock)).toEqual({
      ttl: '90s',
      note: 'for ci',
    });
  });
});

describe('a way of trying out a key that leaks a secret or proves nothing is a fault', () => {
  const verify = { post: '/verify', body: { key: '{key}' }, credential: 'session', requires: 'data.id' };

  test('a key may be in the body, and at another host', () => {
    expect(issuesOf({ verify })).toEqual({});
    expect(issuesOf({ verify: { get: '/me', url: 'https://api.example.com', requires: 'id' } })).toEqual({});
  });

  test.each<[change: Record<string, unknown>, path: string, message: RegExp]>([
    [{ credential: undefined }, 'verify.credential', /is required because \{key\} is in the body/],
    [{ body: { secret: 'x' } }, 'verify.body', /does not contain \{key\}/],
    [{ requires: undefined }, 'verify.verdict', /any key would count as valid/],
    [{ auth: { header: 'x-api-key' } }, 'verify.auth', /has no effect/],
    [{ url: 'https://api.example.com' }, 'verify.credential', /not sent to another host/],
    [{ url: 'http://api.example.com', credential: 'none' }, 'verify.url', /https/],
    [{ query: { key: '{key}' } }, 'verify.query.key', /part of a URL/],
    [{ headers: { 'x-key': '{key}' } }, 'verify.headers.x-key', /send it in the body/],
    [{ body: { key: 'Bearer {key}' } }, 'verify.body.key', /without anything beside it/],
    [{ body: { key: '{key|null}' } }, 'verify.body.key', /takes no style/],
  ])('%j', (change, path, message) => {
    expect(issuesOf({ verify: { ...verify, ...change } })[path]).toMatch(message);
  });

  test('only the call that verifies a key has one', () => {
    expect(issuesOf({ logout: { post: '/logout', body: { key: '{key}' } } })).toHaveProperty([
      'logout.body.key',
    ]);
  });

  test('no other secret goes to another host', () => {
    const secrets = { app: { help: 'x' } };
    const body = { app: '{secret.app}' };
    expect(
      issuesOf({ secrets, verify: { post: '/me', url: 'https://api.example.com', body } }),
    ).toHaveProperty(['verify.url']);
  });
});

test('paging in the body has a body that takes it', () => {
  const paging = { by: 'cursor', in: 'body', cursor: 'cursor', next: 'next', limit: 'limit', size: 100 };
  const withList = (list: Record<string, unknown>) => issuesOf({ list: { items: 'keys', paging, ...list } });
  expect(withList({ post: '/keys', body: { api: 'a' } })).toEqual({});
  expect(withList({ post: '/keys' })).toEqual({});
  expect(withList({ get: '/keys' })).toHaveProperty(['list.paging.in']);
  expect(withList({ post: '/keys', body: ['a'] })).toHaveProperty(['list.paging.in']);
  expect(withList({ post: '/keys', body: { cursor: 'a' } })).toHaveProperty(['list.body.cursor']);
});

describe('where a new secret comes from', () => {
  const { create } = unreal;
  const rotate = { put: '/keys/{id}', body: { key: '{newSecret}' }, makes: { bytes: 32, as: 'base64' } };
  const inPlace = { capabilities: { ...unreal.capabilities, overlap: 'none' } };

  test('it can have parts, and the client can make it', () => {
    expect(issuesOf({ create: { ...create, secret: { join: ['hash', 'key'], with: ':' } } })).toEqual({});
    expect(issuesOf({ ...inPlace, rotate: { ...rotate, keepsId: true } })).toEqual({});
  });

  test.each<[change: Record<string, unknown>, path: string]>([
    [{ create: { ...create, secret: undefined } }, 'create.secret'],
    [{ create: { ...create, secret: { join: ['key'], with: ':' } } }, 'create.secret'],
    [{ create: { ...create, key: '', secret: { join: ['hash', 'hash'], with: ':' } } }, 'create.secret'],
    [
      {
        create: { ...create, key: '', secret: { join: ['hash', 'key'], with: ':' } },
        key: { ...unreal.key, description: 'key' },
      },
      'key.description',
    ],
    [{ ...inPlace, rotate: { ...rotate, body: {} } }, 'rotate.makes'],
    [{ ...inPlace, rotate: { ...rotate, makes: undefined, secret: 'key' } }, 'rotate.makes'],
    [{ ...inPlace, rotate: { ...rotate, makes: { bytes: 8, as: 'base64' } } }, 'rotate.makes.bytes'],
    [{ ...inPlace, rotate: { ...rotate, query: { key: '{newSecret}' } } }, 'rotate.query.key'],
    [{ ...inPlace, rotate: { ...rotate, keepsId: true, key: '' } }, 'rotate.key'],
    [{ create: { ...create, keepsId: true } }, 'create.keepsId'],
    [
      { capabilities: { ...unreal.capabilities, overlap: 'server' }, rotate: { ...rotate, keepsId: true } },
      'rotate.keepsId',
    ],
    [{ update: { patch: '/keys/{id}', body: { name: '{name}', key: '{newSecret}' } } }, 'update.body.key'],
  ])('%j has a fault', (change, path) => {
    const paths = Object.keys(issuesOf(change));
    expect(
      paths.filter((one) => one === path || one.startsWith(`${path}.`)),
      paths.join(),
    ).not.toEqual([]);
  });
});

test('an id of several segments stands in a path only', () => {
  expect(issuesOf({ revoke: { delete: '/v1/keys/{id:path}' } })).toEqual({});
  expect(issuesOf({ revoke: { post: '/revoke', body: { id: '{id:path}' } } })).toHaveProperty([
    'revoke.body.id',
  ]);
  const options = { group: { help: 'x', required: true } };
  expect(issuesOf({ options, list: { ...unreal.list, get: '/{option.group:path}/keys' } })).toEqual({});
  expect(issuesOf({ options, list: { ...unreal.list, get: '/{option.group:raw}/keys' } })).toHaveProperty([
    'list.get',
  ]);
});

test('no shown field is the secret that a list has', () => {
  const { key } = unreal;
  expect(issuesOf({ key: { ...key, secret: 'key', prefix: 'key' } })).toEqual({});
  expect(issuesOf({ key: { ...key, secret: 'key', description: 'key' } })).toHaveProperty([
    'key.description',
  ]);
  expect(issuesOf({ key: { ...key, secret: 'hash' } })).toHaveProperty(['key.id']);
});

test('a rotation that does not say which key has the new secret is remarked on', () => {
  const capabilities = { ...unreal.capabilities, overlap: 'none' as const };
  const remarksWith = (rotate: Provider['rotate']) =>
    remarksOn({ ...unreal, capabilities, ...(rotate && { rotate }) }).filter(({ path }) => path === 'rotate');
  const call = { post: '/keys/{id}/roll', secret: 'key' } as const;
  expect(remarksWith(call)).toHaveLength(1);
  expect(remarksWith({ ...call, keepsId: true })).toEqual([]);
  expect(remarksWith({ ...call, key: '' })).toEqual([]);
});

test('pages are reached over https, and a page or a path that is never used is remarked on', () => {
  expect(issuesOf({ page: { tokens: 'http://api.example.com/keys' } })).toEqual({
    'page.tokens': 'is not an https URL; write one such as https://example.com/keys',
  });
  expect(issuesOf({ url: undefined, usualPath: 'admin' })).toEqual({
    usualPath: 'is not a path; write one such as /admin',
  });
  const page = { tokens: 'https://api.example.com/keys' };
  const { url, ...rest } = unreal;
  const pathsOf = (provider: Provider) => remarksOn(provider).map(({ path }) => path);
  expect(pathsOf({ ...rest, page })).toEqual(['page']);
  expect(pathsOf({ ...rest, usualPath: '/admin' })).toEqual([]);
  expect(pathsOf({ ...unreal, page, usualPath: '/admin' })).toEqual(['usualPath']);
});

test.each([
  [{ post: '/me', user: 'name' }, 'whoami', /is not a get/],
  [{ get: '/me' }, 'whoami', /tells nothing; declare user, role, expiresAt, keyId/],
  [
    [
      { get: '/me', user: 'name' },
      { get: '/user', user: 'login' },
    ],
    'whoami.1.user',
    /earlier call/,
  ],
  [{ get: '/me/{id}', user: 'name' }, 'whoami.get', /id/],
])('whoami %j', (whoami, path, message) => {
  expect(issuesOf({ whoami })[path]).toMatch(message);
  expect(issuesOf({ whoami: { get: '/me', user: 'name', requires: 'name' } })).toEqual({});
});

test('a format of values is readable, and matches no ordinary text', () => {
  expect(issuesOf({ values: ['sk-acme-{base62:40}'] })).toEqual({});
  expect(issuesOf({ values: ['sk-acme-{base62:40}', 'sk-{hex:8}', '{hex:64}'] })).toEqual({
    'values.1': "'sk-{hex:8}' has no 16 letters, digits, - and _ in a row, and would match ordinary text",
    'values.2': "'{hex:64}' begins with fewer than 2 characters that are in every value",
  });
});
