import type { Provider } from '../declaration/provider.ts';

export const deepinfra: Provider = {
  id: 'deepinfra',
  name: 'DeepInfra',
  docs: 'DeepInfra, OpenAPI',
  asOf: '2026-05',
  note: 'a token whose token_id is null cannot be addressed, because its secret would have to be part of a URL. A rotation cannot carry over allowed_ips. Undocumented: rate limits, whether lists mask the tokens, and a call that verifies a token',
  url: 'https://api.deepinfra.com',
  page: { tokens: 'https://deepinfra.com/dash/api_keys', keys: 'https://deepinfra.com/dash/api_keys' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: true, maxKeys: null },
  list: { get: '/v1/api-tokens', items: '' },
  show: { get: '/v1/api-tokens/{id}' },
  create: { post: '/v1/api-tokens', body: { name: '{name}' }, key: '', secret: 'token' },
  revoke: { delete: '/v1/api-tokens/{id}' },
  key: { id: 'token_id', name: 'name', createdAt: { at: 'created_at', as: 'epochSeconds' } },
};
