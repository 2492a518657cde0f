import { strapi } from '../../../src/providers/built-in/strapi.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const token = {
  id: 7,
  name: 'ci',
  description: 'deploys',
  type: 'read-only',
  lifespan: '7776000000',
  expiresAt: in90Days.toISOString(),
  lastUsedAt: null,
  createdAt: '2026-11-20T12:00:00.000Z',
  updatedAt: '2026-11-20T12:00:00.000Z',
  permissions: [],
};
const accessKey = '0123456789abcdef0123456789abcdefEXAMPLE';

export const strapiCase: Case = {
  provider: strapi,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /admin/api-tokens', status: 200, answer: { data: [token] } },
  empty: { data: [] },
  keys: [
    {
      id: '7',
      name: 'ci',
      description: 'deploys',
      status: 'active',
      createdAt: '2026-11-20T12:00:00.000Z',
      expiresAt: in90Days.toISOString(),
      lastUsedAt: null,
      permissions: ['read-only'],
    },
  ],
  show: {
    id: '7',
    route: 'GET /admin/api-tokens/7',
    status: 200,
    answer: { data: token },
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', description: 'deploys', permissions: ['read-only'], expiresAt: in90Days },
    route: 'POST /admin/api-tokens',
    body: { name: 'ci', description: 'deploys', type: 'read-only', lifespan: 7_776_000_000 },
    status: 201,
    answer: { data: { ...token, accessKey } },
    key: { id: '7', name: 'ci' },
    secret: accessKey,
  },
  rotate: {
    id: '7',
    expiresAt: null,
    route: 'POST /admin/api-tokens/7/regenerate',
    status: 201,
    answer: { data: { id: 7, accessKey } },
    key: { id: '7', name: 'ci' },
    secret: accessKey,
  },
  revoke: { id: '7', route: 'DELETE /admin/api-tokens/7', status: 200, answer: { data: token } },
};
