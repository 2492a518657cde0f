import type { Provider } from '../declaration/provider.ts';

export const grafana: Provider = {
  id: 'grafana',
  name: 'Grafana service account tokens',
  docs: 'Grafana Service account HTTP API, https://grafana.com/docs/grafana/latest/developers/http_api/serviceaccount/',
  asOf: '2026-11',
  note: 'the tokens of one service account. A server may demand an expiry, and limit it. With Basic authentication, a declaration of your own is needed. Undocumented: a call that verifies a token',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { account: { help: 'name of the service account', required: true } },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: true, maxKeys: null },
  before: [
    {
      get: '/api/serviceaccounts/search',
      query: { perpage: '1000', page: '1', query: '{option.account}' },
      items: 'serviceAccounts',
      where: { name: '{option.account}' },
      take: { account: 'id' },
    },
  ],
  list: { get: '/api/serviceaccounts/{step.account}/tokens', items: '' },
  create: {
    post: '/api/serviceaccounts/{step.account}/tokens',
    body: { name: '{name}', secondsToLive: '{expiresAt:seconds}' },
    key: '',
    secret: 'key',
  },
  revoke: { delete: '/api/serviceaccounts/{step.account}/tokens/{id}' },
  values: ['glsa_{base62:32}_{hex:8}'],
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'hasExpired', words: { true: 'expired', false: 'active' } }],
    createdAt: 'created',
    expiresAt: 'expiration',
    // The role of the account, which a token does not have for itself.
    harmless: ['role'],
  },
};
