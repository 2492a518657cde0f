import type { Provider } from '../declaration/provider.ts';

/** A change replaces the whole token. */
const token = {
  name: '{name}',
  expired_time: '{expiresAt:epochSeconds|-1}',
  models: '{models:comma}',
  subnet: '{kept.subnet}',
};

export const oneApi: Provider = {
  id: 'one-api',
  name: 'one-api and new-api',
  docs: 'one-api API, https://github.com/songquanpeng/one-api/blob/main/docs/API.md',
  asOf: '2026-11',
  note: 'a name has at most 30 characters. A new key has no quota of its own; a rotation and a change send the remaining quota as they read it, so what the key uses meanwhile is not deducted. An exhausted key is shown as unknown. Keys that new-api restricts in ways that one-api does not know are neither changed nor, without --allow-loss, rotated',
  auth: { header: 'Authorization' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: {
    get: '/api/token/',
    items: 'data',
    // The size of a page is fixed and not documented, so only an empty page ends the list.
    paging: { by: 'page', page: 'p', first: 0, size: 1 },
  },
  show: { get: '/api/token/{id}', key: 'data' },
  create: {
    post: '/api/token/',
    body: {
      ...token,
      remain_quota: '{kept.remainQuota|0}',
      unlimited_quota: '{kept.unlimitedQuota|true}',
    },
    key: 'data',
    secret: 'data.key',
  },
  update: {
    put: '/api/token/',
    body: {
      ...token,
      id: '{id:number}',
      status: '{kept.status}',
      remain_quota: '{kept.remainQuota}',
      unlimited_quota: '{kept.unlimitedQuota}',
    },
    key: 'data',
  },
  disable: { put: '/api/token/', query: { status_only: '1' }, body: { id: '{id:number}', status: 2 } },
  enable: { put: '/api/token/', query: { status_only: '1' }, body: { id: '{id:number}', status: 1 } },
  revoke: { delete: '/api/token/{id}' },
  values: ['sk-{base62:48}'],
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'status', words: { 1: 'active', 2: 'disabled', 3: 'expired' } }],
    createdAt: { at: 'created_time', as: 'epochSeconds' },
    expiresAt: { at: 'expired_time', as: 'epochSeconds', none: [-1] },
    lastUsedAt: { at: 'accessed_time', as: 'epochSeconds' },
    models: { at: 'models', as: 'comma' },
    kept: {
      remainQuota: 'remain_quota',
      unlimitedQuota: 'unlimited_quota',
      subnet: 'subnet',
      status: 'status',
    },
    harmless: ['status'],
  },
};
