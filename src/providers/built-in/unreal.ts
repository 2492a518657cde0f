import type { LifecycleProvider } from '../declaration/provider.ts';

export const unreal: LifecycleProvider = {
  id: 'unreal',
  name: 'Unreal AI',
  docs: 'Unreal AI API Key Management, https://docs.ideomind.org/examples/api-key-management-example',
  asOf: '2026-11',
  url: 'https://openai.ideomind.org',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/v1/keys', items: 'keys', whole: true },
  show: { get: '/v1/keys/{id}' },
  create: { post: '/v1/keys', body: { name: '{name}' }, key: '', secret: 'key' },
  revoke: { delete: '/v1/keys/{id}' },
  verify: { get: '/v1/models', models: 'data' },
  key: {
    id: 'hash',
    name: 'name',
    createdAt: { at: 'created', as: 'epochSeconds' },
    usage: { requests: 'usage.requests', tokens: 'usage.tokens' },
  },
};
