import type { Provider } from '../declaration/provider.ts';

export const betterAuth: Provider = {
  id: 'better-auth',
  name: 'better-auth API keys',
  docs: 'better-auth, "API Key" plugin',
  asOf: '2026-11',
  note: 'the URL is that of the mounted handler, such as https://app.example.com/api/auth; requires the bearer plugin',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    get: '/api-key/list',
    // Without an order it gives only the oldest 100, and counts no others.
    query: { sortBy: 'createdAt', sortDirection: 'desc' },
    // Version 1.4 answers with a bare list and no pages.
    items: ['apiKeys', ''],
    paging: { by: 'offset', offset: 'offset', limit: 'limit', size: 100, total: 'total' },
  },
  show: { get: '/api-key/get', query: { id: '{id}' } },
  create: {
    post: '/api-key/create',
    body: { name: '{name}', expiresIn: '{expiresAt:seconds}' },
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
    // The server sets these by its own configuration.
    harmless: ['rateLimitEnabled', 'rateLimitMax', 'rateLimitTimeWindow', 'refillAmount', 'refillInterval'],
  },
};
