import type { Provider } from '../declaration/provider.ts';

export const strapi: Provider = {
  id: 'strapi',
  name: 'Strapi API tokens',
  docs: 'Strapi 5 API tokens, https://docs.strapi.io/cms/features/api-tokens',
  asOf: '2026-11',
  note: 'log in with the token of an administrator session; a rotation keeps the token and its expiry, and the old secret stops working at once; custom tokens are created in the admin panel; what an update keeps is not documented, so keys does not change tokens',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: {
    overlap: 'none',
    expiry: 'steps',
    expirySteps: ['7d', '30d', '90d'],
    uniqueNames: false,
    maxKeys: null,
  },
  permissions: ['read-only', 'full-access'],
  list: { get: '/admin/api-tokens', items: 'data' },
  show: { get: '/admin/api-tokens/{id}', key: 'data' },
  create: {
    post: '/admin/api-tokens',
    body: {
      name: '{name}',
      description: '{description}',
      type: '{permissions:one|"read-only"}',
      lifespan: '{expiresAt:stepMilliseconds}',
    },
    key: 'data',
    secret: 'data.accessKey',
  },
  rotate: { post: '/admin/api-tokens/{id}/regenerate', secret: 'data.accessKey', keepsId: true },
  revoke: { delete: '/admin/api-tokens/{id}' },
  key: {
    id: 'id',
    name: 'name',
    description: 'description',
    createdAt: 'createdAt',
    expiresAt: 'expiresAt',
    lastUsedAt: 'lastUsedAt',
    permissions: 'type',
  },
  notFound: { at: 'data', is: null },
};
