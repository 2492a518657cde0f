import type { Provider } from '../declaration/provider.ts';

export const medusa: Provider = {
  id: 'medusa',
  name: 'Medusa API keys',
  docs: 'Medusa 2 Admin API, https://docs.medusajs.com/api/admin#api-keys_getapikeys',
  asOf: '2026-11',
  note: 'any Medusa 2 server; --url is required. Only one secret key can be unrevoked: a rotation revokes it before it creates the new one',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'none', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: {
    get: '/admin/api-keys',
    items: 'api_keys',
    paging: { by: 'offset', offset: 'offset', limit: 'limit', size: 100, total: 'count' },
  },
  show: { get: '/admin/api-keys/{id}', key: 'api_key' },
  create: {
    post: '/admin/api-keys',
    // A new key is a secret one; a publishable key stays one when it is rotated.
    body: { title: '{name}', type: '{kept.type|"secret"}' },
    key: 'api_key',
    secret: 'api_key.token',
  },
  update: { post: '/admin/api-keys/{id}', body: { title: '{name}' }, key: 'api_key' },
  revoke: {
    post: '/admin/api-keys/{id}/revoke',
    // biome-ignore lint/suspicious/noThenProperty: a list, which nothing awaits
    then: [{ delete: '/admin/api-keys/{id}' }],
  },
  values: ['sk_{hex:64}'],
  key: {
    id: 'id',
    name: 'title',
    // A time in the future is that of a delayed revocation.
    status: [{ at: 'revoked_at', when: 'past', means: 'revoked' }],
    prefix: 'redacted',
    createdAt: 'created_at',
    expiresAt: 'revoked_at',
    lastUsedAt: 'last_used_at',
    kept: { type: 'type' },
  },
};
