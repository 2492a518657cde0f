import type { Provider } from '../declaration/provider.ts';

export const neon: Provider = {
  id: 'neon',
  name: 'Neon',
  docs: 'Neon API v2 (@neondatabase/api-client 2.7.3), https://neon.com/docs/manage/api-keys',
  asOf: '2026-11',
  note: 'personal API keys; those of an organization: neon-organization. A name has at most 64 characters. Undocumented: rate limits, whether names are unique, and whether revoked keys stay in the list',
  url: 'https://console.neon.tech/api/v2',
  page: {
    tokens: 'https://console.neon.tech/app/settings/api-keys',
    keys: 'https://console.neon.tech/app/settings/api-keys',
  },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/api_keys', items: '' },
  create: { post: '/api_keys', body: { key_name: '{name}' }, key: '', secret: 'key' },
  revoke: { delete: '/api_keys/{id}' },
  // A personal key may list the personal keys, and is one of them.
  verify: { get: '/api_keys', requires: '0.id' },
  values: ['napi_{lower:64}'],
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'revoked', words: { true: 'revoked', false: 'active' } }],
    createdAt: 'created_at',
    lastUsedAt: 'last_used_at',
    lastUsedIp: 'last_used_from_addr',
  },
};
