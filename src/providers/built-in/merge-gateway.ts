import type { Provider } from '../declaration/provider.ts';

export const mergeGateway: Provider = {
  id: 'merge-gateway',
  name: 'Merge Gateway',
  docs: 'Merge Gateway Management API, https://docs.merge.dev/merge-gateway/management-api/api-keys/create',
  asOf: '2026-06',
  note: 'log in with a management key (mgmt_). A budget is for each reset window, monthly unless the old key of a rotation had another; what was spent is that of the current window. Project, model allowlist and expiry of a key are not carried over: the rotation of a key with one of them needs --allow-loss. So does a routing policy, which the API may not report. Undocumented: rate limits, and a call that verifies a key',
  url: 'https://api-gateway.merge.dev',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: {
    get: '/v1/keys',
    items: 'data',
    paging: { by: 'offset', offset: 'offset', limit: 'limit', size: 100 },
  },
  show: { get: '/v1/keys/{id}' },
  create: {
    post: '/v1/keys',
    body: { name: '{name}', limit: '{budgetUsd}', limit_reset: '{kept.limitReset}' },
    key: '',
    secret: 'key',
  },
  update: { patch: '/v1/keys/{id}', body: { name: '{name}', limit: '{budgetUsd}' } },
  disable: { patch: '/v1/keys/{id}', body: { disabled: true } },
  enable: { patch: '/v1/keys/{id}', body: { disabled: false } },
  revoke: { delete: '/v1/keys/{id}' },
  key: {
    id: 'hash',
    name: 'name',
    status: [{ at: 'disabled', words: { true: 'disabled', false: 'active' } }],
    prefix: 'label',
    createdAt: 'created_at',
    budgetUsd: 'limit',
    spentUsd: 'usage',
    kept: { limitReset: 'limit_reset' },
    harmless: ['limit_remaining'],
    // Newer pages let a key have these; none shows how they are read.
    restricting: ['project_id', 'allowed_models', 'expires_at'],
  },
  errors: { message: 'detail' },
};
