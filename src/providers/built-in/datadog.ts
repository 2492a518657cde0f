import type { Provider } from '../declaration/provider.ts';

export const datadog: Provider = {
  id: 'datadog',
  name: 'Datadog API keys',
  docs: 'Datadog API, Key Management, https://docs.datadoghq.com/api/latest/key-management/',
  asOf: '2026-08',
  note: 'the session token is an API key; every call needs an application key too. For another site: --url https://api.datadoghq.eu. The API does not tell which key is the session token: take care not to revoke it. Whether names are unique is not documented',
  url: 'https://api.datadoghq.com',
  page: {
    tokens: 'https://app.datadoghq.com/organization-settings/application-keys',
    keys: 'https://app.datadoghq.com/organization-settings/api-keys',
  },
  auth: { header: 'DD-API-KEY' },
  headers: { 'DD-APPLICATION-KEY': '{secret.appKey}' },
  secrets: { appKey: { help: 'an application key that may manage API keys', keep: true } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: {
    get: '/api/v2/api_keys',
    items: 'data',
    paging: {
      by: 'page',
      page: 'page[number]',
      first: 0,
      limit: 'page[size]',
      size: 100,
      total: 'meta.page.total_filtered_count',
    },
  },
  // The answer has the whole secret, which is not read.
  show: { get: '/api/v2/api_keys/{id}', key: 'data' },
  create: {
    post: '/api/v2/api_keys',
    body: {
      data: {
        type: 'api_keys',
        attributes: {
          name: '{name}',
          category: '{kept.category}',
          remote_config_read_enabled: '{kept.remoteConfig}',
        },
      },
    },
    key: 'data',
    secret: 'data.attributes.key',
  },
  update: {
    patch: '/api/v2/api_keys/{id}',
    body: { data: { type: 'api_keys', id: '{id}', attributes: { name: '{name}' } } },
    key: 'data',
  },
  revoke: { delete: '/api/v2/api_keys/{id}' },
  verify: { get: '/api/v1/validate', requires: 'valid', reading: { 403: 'invalid' } },
  key: {
    id: 'id',
    name: 'attributes.name',
    createdAt: 'attributes.created_at',
    lastUsedAt: 'attributes.date_last_used',
    kept: { category: 'attributes.category', remoteConfig: 'attributes.remote_config_read_enabled' },
  },
  errors: { message: 'errors.0' },
};
