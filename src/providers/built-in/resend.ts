import type { Provider } from '../declaration/provider.ts';

export const resend: Provider = {
  id: 'resend',
  name: 'Resend API keys',
  docs: 'Resend API 1.5.0, https://resend.com/docs/api-reference/api-keys/create-api-key',
  asOf: '2026-11-22',
  note: 'the API does not report what a key may do: a rotation needs --allow-loss, and the new key may only send',
  url: 'https://api.resend.com',
  page: { tokens: 'https://resend.com/api-keys', keys: 'https://resend.com/api-keys' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  permissions: ['sending_access', 'full_access'],
  list: {
    get: '/api-keys',
    items: 'data',
    paging: { by: 'cursor', cursor: 'after', last: 'id', more: 'has_more', limit: 'limit', size: 100 },
  },
  create: {
    post: '/api-keys',
    // The default of the API is full access.
    body: { name: '{name}', permission: '{permissions:one|"sending_access"}' },
    key: '',
    secret: 'token',
  },
  update: { patch: '/api-keys/{id}', body: { name: '{name}' } },
  revoke: { delete: '/api-keys/{id}' },
  // Of the whole account: the log does not say which key was used.
  logs: {
    get: '/logs',
    items: 'data',
    paging: { by: 'cursor', cursor: 'after', last: 'id', more: 'has_more', limit: 'limit', size: 100 },
    entry: {
      timestamp: 'created_at',
      method: 'method',
      path: 'endpoint',
      statusCode: 'response_status',
    },
  },
  verify: {
    get: '/api-keys',
    query: { limit: '1' },
    requires: 'object',
    // A key that may only send works, although this call is refused.
    verdict: [
      { status: 401, when: { at: 'name', is: 'restricted_api_key' }, means: 'ok' },
      { status: 403, when: { at: 'name', is: 'restricted_api_key' }, means: 'ok' },
      { status: 403, when: { at: 'name', is: 'invalid_api_key' }, means: 'invalid' },
    ],
  },
  values: ['re_{base62:8}_{base62:24}'],
  key: { id: 'id', name: 'name', createdAt: 'created_at', lastUsedAt: 'last_used_at' },
};
