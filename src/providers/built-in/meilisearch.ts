import type { Provider } from '../declaration/provider.ts';

export const meilisearch: Provider = {
  id: 'meilisearch',
  name: 'Meilisearch',
  docs: 'Meilisearch API 1.53, https://www.meilisearch.com/docs/reference/api/keys/list-api-keys',
  asOf: '2026-08',
  note: 'log in with the master key or with a key that may use keys.*. Without --permission, a new key can only search; its indexes are all (*), or in a rotation those of the old key. The API never hides secrets: keys shows only a part of them, and verifies a key by looking for it in the list',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    get: '/keys',
    items: 'results',
    paging: { by: 'offset', offset: 'offset', limit: 'limit', size: 100, total: 'total' },
    order: 'newest',
  },
  show: { get: '/keys/{id}' },
  create: {
    post: '/keys',
    body: {
      name: '{name}',
      description: '{description}',
      actions: '{permissions|["search"]}',
      indexes: '{kept.indexes|["*"]}',
      expiresAt: '{expiresAt:iso|null}',
    },
    key: '',
    secret: 'key',
  },
  update: { patch: '/keys/{id}', body: { name: '{name}', description: '{description}' } },
  revoke: { delete: '/keys/{id}' },
  key: {
    id: 'uid',
    name: 'name',
    description: 'description',
    prefix: 'key',
    secret: 'key',
    createdAt: 'createdAt',
    expiresAt: 'expiresAt',
    permissions: 'actions',
    kept: { indexes: 'indexes' },
  },
};
