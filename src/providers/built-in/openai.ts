import type { Provider } from '../declaration/provider.ts';

export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI admin keys',
  docs: 'OpenAI Admin API keys, https://platform.openai.com/docs/api-reference/admin-api-keys',
  asOf: '2026-08',
  note: 'admin keys manage the organization and call no model; for the keys of a project see openai-project',
  url: 'https://api.openai.com/v1',
  page: {
    tokens: 'https://platform.openai.com/settings/organization/admin-keys',
    keys: 'https://platform.openai.com/settings/organization/admin-keys',
  },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    get: '/organization/admin_api_keys',
    items: 'data',
    paging: { by: 'cursor', cursor: 'after', limit: 'limit', size: 100, next: 'last_id', more: 'has_more' },
  },
  show: { get: '/organization/admin_api_keys/{id}' },
  create: {
    post: '/organization/admin_api_keys',
    body: { name: '{name}', expires_in_seconds: '{expiresAt:seconds}' },
    key: '',
    secret: 'value',
  },
  revoke: { delete: '/organization/admin_api_keys/{id}' },
  values: ['sk-admin-{base64url:74}T3BlbkFJ{base64url:74}', 'sk-admin-{base64url:58}T3BlbkFJ{base64url:58}'],
  key: {
    id: 'id',
    name: 'name',
    prefix: 'redacted_value',
    createdAt: { at: 'created_at', as: 'epochSeconds' },
    expiresAt: { at: 'expires_at', as: 'epochSeconds' },
    lastUsedAt: { at: 'last_used_at', as: 'epochSeconds' },
    // The role is that of the owner, who creates the new key too.
    harmless: ['owner.role'],
  },
};
