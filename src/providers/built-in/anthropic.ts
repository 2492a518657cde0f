import type { Provider } from '../declaration/provider.ts';

export const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic',
  docs: 'Anthropic Admin API, https://platform.claude.com/docs/en/api/admin/api_keys',
  asOf: '2026-11',
  note: 'the session token is an admin key (sk-ant-admin…), which individual accounts cannot have; revoking archives a key for good',
  url: 'https://api.anthropic.com',
  page: {
    tokens: 'https://platform.claude.com/settings/admin-keys',
    keys: 'https://platform.claude.com/settings/keys',
  },
  console: 'the Claude Console',
  auth: { header: 'x-api-key' },
  headers: { 'anthropic-version': '2026-10-21' },
  options: { workspace: { help: 'id of a workspace: only its keys and their usage are shown' } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: {
    get: '/v1/organizations/api_keys',
    query: { workspace_id: '{option.workspace}' },
    items: 'data',
    paging: {
      by: 'cursor',
      cursor: 'after_id',
      limit: 'limit',
      size: 100,
      next: 'last_id',
      more: 'has_more',
    },
  },
  show: { get: '/v1/organizations/api_keys/{id}' },
  update: { post: '/v1/organizations/api_keys/{id}', body: { name: '{name}' } },
  disable: { post: '/v1/organizations/api_keys/{id}', body: { status: 'inactive' } },
  enable: { post: '/v1/organizations/api_keys/{id}', body: { status: 'active' } },
  revoke: { post: '/v1/organizations/api_keys/{id}', body: { status: 'archived' } },
  usage: {
    get: '/v1/organizations/usage_report/messages',
    query: {
      starting_at: '{since:time}',
      bucket_width: '1d',
      'group_by[]': 'api_key_id',
      'api_key_ids[]': '{keyId}',
      'workspace_ids[]': '{option.workspace}',
    },
    items: 'data',
    rows: 'results',
    paging: { by: 'cursor', cursor: 'page', size: 31, next: 'next_page', more: 'has_more' },
    row: {
      keyId: 'api_key_id',
      date: 'starting_at',
      tokens: {
        sum: [
          'uncached_input_tokens',
          'cache_creation.ephemeral_1h_input_tokens',
          'cache_creation.ephemeral_5m_input_tokens',
          'cache_read_input_tokens',
          'output_tokens',
        ],
      },
    },
    defaultDays: 30,
    covers: 'messages',
  },
  // What a key may call, and the session token, an admin key, may not.
  verify: { get: '/v1/models', models: 'data' },
  values: ['sk-ant-api03-{base64url:93}AA', 'sk-ant-admin01-{base64url:93}AA'],
  key: {
    id: 'id',
    name: 'name',
    status: [
      {
        at: 'status',
        words: { active: 'active', inactive: 'disabled', archived: 'revoked', expired: 'expired' },
      },
    ],
    prefix: 'partial_key_hint',
    createdAt: 'created_at',
    expiresAt: 'expires_at',
  },
  errors: { message: 'error.message', code: ['error.details.error_code', 'error.type'] },
};
