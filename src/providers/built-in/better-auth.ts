import type { Provider } from '../declaration/provider.ts';

export const betterAuth: Provider = {
  id: 'better-auth',
  name: 'better-auth API keys',
  docs: 'better-auth API Key plugin, https://better-auth.com/docs/plugins/api-key',
  asOf: '2026-11',
  note: 'the URL is that of the mounted handler, such as https://app.example.com/api/auth; requires the bearer plugin. Keys of another configuration or of an organization need --option config or --option organization. A key with a number of remaining uses, or with permissions, is not rotated: only the server can set these. It also sets the rate limit of each key, and a rotated key gets the usual one. An expiry is at least one day away, unless the server allows less. Keys cannot be verified: the plugin has no route for it',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  options: {
    config: { help: 'configId of the keys, if the plugin has several configurations' },
    organization: { help: 'id of the organization whose keys these are' },
  },
  list: {
    get: '/api-key/list',
    // Without an order it gives only the oldest 100, and counts no others.
    query: {
      sortBy: 'createdAt',
      sortDirection: 'desc',
      configId: '{option.config}',
      organizationId: '{option.organization}',
    },
    // Version 1.4 answers with a bare list and no pages.
    items: ['apiKeys', ''],
    paging: { by: 'offset', offset: 'offset', limit: 'limit', size: 100, total: 'total' },
  },
  show: { get: '/api-key/get', query: { id: '{id}' } },
  create: {
    post: '/api-key/create',
    body: {
      name: '{name}',
      expiresIn: '{expiresAt:seconds}',
      prefix: '{kept.prefix}',
      metadata: '{kept.metadata}',
      configId: { '{either}': ['{kept.configId}', '{option.config}'] },
      organizationId: '{option.organization}',
    },
    key: '',
    secret: 'key',
  },
  update: {
    post: '/api-key/update',
    body: { keyId: '{id}', name: '{name}', expiresIn: '{expiresAt:seconds}' },
  },
  disable: { post: '/api-key/update', body: { keyId: '{id}', enabled: false } },
  enable: { post: '/api-key/update', body: { keyId: '{id}', enabled: true } },
  revoke: { post: '/api-key/delete', body: { keyId: '{id}' } },
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'enabled', words: { true: 'active', false: 'disabled' } }],
    prefix: 'start',
    createdAt: 'createdAt',
    expiresAt: 'expiresAt',
    // requestCount is no counter: it begins again with each window of the rate limit.
    lastUsedAt: 'lastRequest',
    kept: { prefix: 'prefix', metadata: 'metadata', configId: 'configId' },
    restricting: ['remaining'],
    // The server sets these by its own configuration.
    harmless: ['rateLimitEnabled', 'rateLimitMax', 'rateLimitTimeWindow', 'refillAmount', 'refillInterval'],
  },
};
