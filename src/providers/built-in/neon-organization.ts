import type { Provider } from '../declaration/provider.ts';

export const neonOrganization: Provider = {
  id: 'neon-organization',
  name: 'Neon organization keys',
  docs: 'Neon API v2 (@neondatabase/api-client 2.7.3), https://neon.com/docs/reference/api/organizations/create-org-api-key',
  asOf: '2026-11',
  note: 'a new key is for the whole organization, a rotated one stays with its project. A name has at most 64 characters. Undocumented: rate limits, whether names are unique, whether revoked keys stay in the list, and a call that a key of one project may make, so keys are not verified',
  url: 'https://console.neon.tech/api/v2',
  page: { tokens: 'https://console.neon.tech/app/settings/api-keys' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { organization: { help: 'id of the organization', required: true } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/organizations/{option.organization}/api_keys', items: '' },
  create: {
    post: '/organizations/{option.organization}/api_keys',
    body: { key_name: '{name}', project_id: '{kept.projectId}' },
    key: '',
    secret: 'key',
  },
  revoke: { delete: '/organizations/{option.organization}/api_keys/{id}' },
  values: ['napi_{lower:64}'],
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'revoked', words: { true: 'revoked', false: 'active' } }],
    createdAt: 'created_at',
    lastUsedAt: 'last_used_at',
    lastUsedIp: 'last_used_from_addr',
    kept: { projectId: 'project_id' },
  },
};
