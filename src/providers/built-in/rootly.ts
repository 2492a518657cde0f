import type { Provider } from '../declaration/provider.ts';

const jsonApi = { 'Content-Type': 'application/vnd.api+json' };

export const rootly: Provider = {
  id: 'rootly',
  name: 'Rootly organization API keys',
  docs: 'Rootly API v1, https://docs.rootly.com/api-reference/api-keys/creates-an-api-key',
  asOf: '2026-08',
  note: 'the keys of the organization; the list does not tell the team of a team key, and a personal key belongs to its user, so neither could be rotated without loss. The session token needs the role of an owner or an admin. A key expires within five years. To revoke a key deletes its service account. A key can rotate only itself, so keys creates a second one. Undocumented: rate limits, a call that verifies a key, and whether a change drops what it does not send, so keys changes none',
  url: 'https://api.rootly.com',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: {
    role: { help: 'id of the role of new keys' },
    onCallRole: { help: 'id of the on-call role of new keys' },
  },
  capabilities: {
    overlap: 'client',
    expiry: 'any',
    expiryRequired: true,
    uniqueNames: true,
    maxKeys: null,
  },
  list: {
    get: '/v1/api_keys',
    query: { 'filter[kind]': 'organization' },
    items: 'data',
    paging: {
      by: 'page',
      page: 'page[number]',
      limit: 'page[size]',
      size: 100,
      total: 'meta.total_count',
    },
  },
  show: { get: '/v1/api_keys/{id}', key: 'data' },
  create: {
    post: '/v1/api_keys',
    headers: jsonApi,
    body: {
      data: {
        type: 'api_keys',
        attributes: {
          name: '{name}',
          kind: 'organization',
          description: '{description}',
          expires_at: '{expiresAt:iso}',
          role_id: { '{either}': ['{kept.role}', '{option.role}'] },
          on_call_role_id: { '{either}': ['{kept.onCallRole}', '{option.onCallRole}'] },
        },
      },
    },
    key: 'data',
    secret: 'data.attributes.token',
  },
  revoke: { delete: '/v1/api_keys/{id}' },
  values: ['rootly_{hex:64}'],
  key: {
    id: 'id',
    name: 'attributes.name',
    description: 'attributes.description',
    createdAt: 'attributes.created_at',
    expiresAt: 'attributes.expires_at',
    lastUsedAt: 'attributes.last_used_at',
    kept: { role: 'attributes.role_id', onCallRole: 'attributes.on_call_role_id' },
  },
};
