import type { Provider } from '../declaration/provider.ts';

export const riskinmind: Provider = {
  id: 'riskinmind',
  name: 'RiskInMind',
  docs: 'RiskInMind API Keys, https://docs.riskinmind.ai/docs/api-keys',
  asOf: '2026-11',
  note: 'one key per user; its documents name no host, so --url is required',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'none', expiry: 'none', uniqueNames: false, maxKeys: 1 },
  list: { get: '/api/v1/keys/', items: 'data', single: true },
  create: { post: '/api/v1/keys/generate', body: { label: '{name}' }, secret: 'data.apiKey' },
  rotate: { post: '/api/v1/keys/regenerate', secret: 'data.apiKey' },
  revoke: { post: '/api/v1/keys/revoke' },
  logs: {
    get: '/api/v1/keys/logs',
    items: 'data',
    paging: { by: 'page', page: 'page', limit: 'limit', size: 100, total: 'meta.total' },
    entry: { timestamp: 'timestamp', method: 'method', path: 'endpoint', statusCode: 'statusCode' },
  },
  key: {
    id: 'keyId',
    name: { always: 'api-key' },
    status: [
      {
        at: 'status',
        words: { ACTIVE: 'active', REVOKED: 'revoked', EXPIRED: 'expired', INACTIVE: 'disabled' },
      },
    ],
    prefix: 'keySnippet',
    createdAt: 'createdAt',
  },
};
