import type { Provider } from '../declaration/provider.ts';

export const unkey: Provider = {
  id: 'unkey',
  name: 'Unkey',
  docs: 'Unkey API 2.0.0, https://www.unkey.com/docs/api-reference/v2/keys/create-api-key',
  asOf: '2026-11',
  note: 'log in with a root key that may manage the keys of the API; a revoked key may keep working for up to 30 s',
  url: 'https://api.unkey.com',
  page: { tokens: 'https://app.unkey.com/settings/root-keys' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { api: { help: 'id of the API whose keys are managed, such as api_1234', required: true } },
  capabilities: { overlap: 'server', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    post: '/v2/apis.listKeys',
    body: { apiId: '{option.api}' },
    items: 'data',
    paging: {
      by: 'cursor',
      in: 'body',
      cursor: 'cursor',
      next: 'pagination.cursor',
      more: 'pagination.hasMore',
      limit: 'limit',
      size: 100,
    },
  },
  show: { post: '/v2/keys.getKey', body: { keyId: '{id}' }, key: 'data' },
  create: {
    post: '/v2/keys.createKey',
    body: {
      apiId: '{option.api}',
      name: '{name}',
      permissions: '{permissions}',
      expires: '{expiresAt:epochMilliseconds}',
    },
    key: 'data',
    secret: 'data.key',
  },
  rotate: {
    post: '/v2/keys.rerollKey',
    body: { keyId: '{id}', expiration: '{grace:milliseconds}' },
    key: 'data',
    secret: 'data.key',
  },
  update: {
    post: '/v2/keys.updateKey',
    body: {
      keyId: '{id}',
      name: '{name}',
      permissions: '{permissions}',
      expires: '{expiresAt:epochMilliseconds}',
    },
  },
  // The answer has no data, by design.
  disable: {
    post: '/v2/keys.updateKey',
    body: { keyId: '{id}', enabled: false },
    ok: { at: 'meta.requestId' },
  },
  enable: { post: '/v2/keys.updateKey', body: { keyId: '{id}', enabled: true } },
  revoke: { post: '/v2/keys.deleteKey', body: { keyId: '{id}' } },
  verify: {
    post: '/v2/keys.verifyKey',
    // Verifying costs one credit of the key unless it is told otherwise.
    body: { key: '{key}', credits: { cost: 0 } },
    credential: 'session',
    verdict: [
      { when: { at: 'data.valid', is: true }, means: 'ok' },
      {
        at: 'data.code',
        words: {
          NOT_FOUND: 'invalid',
          FORBIDDEN: 'forbidden',
          INSUFFICIENT_PERMISSIONS: 'forbidden',
          DISABLED: 'forbidden',
          USAGE_EXCEEDED: 'budget',
          RATE_LIMITED: 'rate-limited',
          EXPIRED: 'expired',
        },
      },
    ],
  },
  key: {
    id: 'keyId',
    name: 'name',
    status: [{ at: 'enabled', words: { true: 'active', false: 'disabled' } }],
    prefix: 'start',
    createdAt: { at: 'createdAt', as: 'epochMilliseconds' },
    expiresAt: { at: 'expires', as: 'epochMilliseconds', missing: null },
    lastUsedAt: { at: 'lastUsedAt', as: 'epochMilliseconds', missing: null },
    permissions: 'permissions',
  },
};
