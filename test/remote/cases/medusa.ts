import { medusa } from '../../../src/providers/built-in/medusa.ts';
import type { Case } from '../case.ts';

const key = {
  id: 'apk_01',
  token: '',
  redacted: 'sk_78a***c0f',
  title: 'ci',
  type: 'secret',
  last_used_at: null,
  created_by: 'user_01',
  created_at: '2026-11-01T08:00:00.000Z',
  revoked_at: null,
  revoked_by: null,
};

export const medusaCase: Case = {
  provider: medusa,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /admin/api-keys?limit=100',
    status: 200,
    answer: {
      api_keys: [
        key,
        { ...key, id: 'apk_02', revoked_at: '2026-11-02T08:00:00.000Z', revoked_by: 'user_01' },
        { ...key, id: 'apk_03', revoked_at: '2026-11-21T08:00:00.000Z', revoked_by: 'user_01' },
        { ...key, id: 'apk_04', type: 'publishable', title: 'shop' },
      ],
      count: 4,
      offset: 0,
      limit: 100,
    },
  },
  empty: { api_keys: [], count: 0, offset: 0, limit: 100 },
  keys: [
    {
      id: 'apk_01',
      name: 'ci',
      status: 'active',
      prefix: 'sk_78a***c0f',
      createdAt: '2026-11-01T08:00:00.000Z',
      expiresAt: null,
      lastUsedAt: null,
    },
    { id: 'apk_02', status: 'revoked' },
    { id: 'apk_03', status: 'expiring', expiresAt: '2026-11-21T08:00:00.000Z' },
    { id: 'apk_04', name: 'shop', status: 'active' },
  ],
  show: {
    id: 'apk_01',
    route: 'GET /admin/api-keys/apk_01',
    status: 200,
    answer: { api_key: key },
    key: { name: 'ci', status: 'active' },
  },
  create: {
    spec: { name: 'ci' },
    route: 'POST /admin/api-keys',
    body: { title: 'ci', type: 'secret' },
    status: 200,
    answer: { api_key: { ...key, token: 'sk_78a1b2c3d4e5f6EXAMPLE' } },
    key: { id: 'apk_01', name: 'ci' },
    secret: 'sk_78a1b2c3d4e5f6EXAMPLE',
  },
  update: {
    id: 'apk_01',
    changes: { name: 'deploys' },
    route: 'POST /admin/api-keys/apk_01',
    body: { title: 'deploys' },
    status: 200,
    answer: { api_key: { ...key, title: 'deploys' } },
  },
  revoke: {
    id: 'apk_01',
    route: 'POST /admin/api-keys/apk_01/revoke',
    status: 200,
    answer: { api_key: { ...key, revoked_at: '2026-11-20T12:00:00.000Z', revoked_by: 'user_01' } },
    following: [
      {
        route: 'DELETE /admin/api-keys/apk_01',
        status: 200,
        answer: { id: 'apk_01', object: 'api_key', deleted: true },
      },
    ],
  },
};
