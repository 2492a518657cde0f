import type { Provider } from '../declaration/provider.ts';

export const mistral: Provider = {
  id: 'mistral',
  name: 'Mistral',
  docs: 'Mistral Admin API (beta), https://docs.mistral.ai/api/endpoint/beta/admin/api-keys',
  asOf: '2026-08',
  note: 'a beta API: log in with an admin key of the organization. The key goes into x-api-key, as the guide says; the reference shows Authorization: Bearer. A rotated key stays in its workspace and belongs to the user of the profile, because lists do not tell the user_id. Undocumented: errors, the largest page, the form of expiration_date, whether a key can be disabled or rotated in place, and a call that verifies a key',
  url: 'https://api.mistral.ai/v1/admin',
  page: { tokens: 'https://backoffice.mistral.ai' },
  auth: { header: 'x-api-key' },
  options: {
    user: { help: 'id of the user to whom new keys belong', required: true },
    workspace: { help: 'UUID of the workspace of new keys', required: true },
  },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    get: '/api-keys',
    items: 'keys',
    // A page that is shorter than this ends the list, so it asks for fewer than any API gives at once.
    paging: { by: 'offset', offset: 'offset', limit: 'limit', size: 20 },
  },
  create: {
    post: '/api-keys',
    body: {
      user_id: '{option.user}',
      workspace_uuid: { '{either}': ['{kept.workspace}', '{option.workspace}'] },
      name: '{name}',
      expiration: '{expiresAt:iso}',
    },
    key: '',
    secret: 'key',
  },
  revoke: { delete: '/api-keys/{id}' },
  key: {
    id: 'key_id',
    name: 'name',
    prefix: 'hidden_key',
    createdAt: 'created_at',
    expiresAt: 'expiration_date',
    lastUsedAt: 'last_used',
    kept: { workspace: 'workspace_id' },
    // What the console may do with the key.
    harmless: ['actions'],
  },
};
