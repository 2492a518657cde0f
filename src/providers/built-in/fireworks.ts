import type { Provider } from '../declaration/provider.ts';

export const fireworks: Provider = {
  id: 'fireworks',
  name: 'Fireworks AI',
  docs: 'Fireworks Gateway REST API 4.259, https://docs.fireworks.ai/api-reference/create-api-key',
  asOf: '2026-11',
  note: 'the keys of one user of an account. Paging is documented as "to be added": a list that says that it has more keys than it shows is an error. Undocumented: errors, rate limits, and a call that verifies a key',
  url: 'https://api.fireworks.ai',
  page: {
    tokens: 'https://app.fireworks.ai/settings/users/api-keys',
    keys: 'https://app.fireworks.ai/settings/users/api-keys',
  },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: {
    account: { help: 'id of the account', required: true },
    user: { help: 'id of the user whose keys these are', required: true },
  },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    get: '/v1/accounts/{option.account}/users/{option.user}/apiKeys',
    items: 'apiKeys',
    paging: {
      by: 'cursor',
      cursor: 'pageToken',
      limit: 'pageSize',
      size: 100,
      next: 'nextPageToken',
      total: 'totalSize',
    },
  },
  create: {
    post: '/v1/accounts/{option.account}/users/{option.user}/apiKeys',
    body: {
      apiKey: {
        displayName: '{name}',
        expireTime: '{expiresAt:iso}',
        annotations: '{kept.annotations}',
      },
    },
    key: '',
    secret: 'key',
  },
  revoke: {
    post: '/v1/accounts/{option.account}/users/{option.user}/apiKeys:delete',
    body: { keyId: '{id}' },
  },
  values: ['fw_{base62:24}'],
  key: {
    id: 'keyId',
    name: 'displayName',
    prefix: 'prefix',
    createdAt: 'createTime',
    expiresAt: { at: 'expireTime', missing: null },
    lastUsedAt: { at: 'lastUsed', missing: null },
    kept: { annotations: 'annotations' },
  },
};
