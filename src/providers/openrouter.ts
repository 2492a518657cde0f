import type { Provider } from './provider.ts';

export const openrouter: Provider = {
  id: 'openrouter',
  name: 'OpenRouter',
  docs: 'OpenRouter, "Management API Keys"',
  url: 'https://openrouter.ai/api/v1',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    get: '/keys',
    query: { include_disabled: 'true' },
    items: 'data',
    paging: { by: 'offset', offset: 'offset', size: 100 },
  },
  show: { get: '/keys/{id}', key: 'data' },
  create: {
    post: '/keys',
    body: { name: '{name}', limit: '{budgetUsd}', expires_at: '{expiresAt:iso}' },
    key: 'data',
    secret: ['key', 'data.key'],
  },
  update: { patch: '/keys/{id}', body: { name: '{name}', limit: '{budgetUsd}' }, key: 'data' },
  disable: { patch: '/keys/{id}', body: { disabled: true } },
  enable: { patch: '/keys/{id}', body: { disabled: false } },
  revoke: { delete: '/keys/{id}' },
  verify: { get: '/key' },
  key: {
    id: 'hash',
    name: 'name',
    status: [{ at: 'disabled', words: { true: 'disabled', false: 'active' } }],
    prefix: 'label',
    createdAt: 'created_at',
    expiresAt: 'expires_at',
    budgetUsd: 'limit',
    spentUsd: 'usage',
  },
};
