import { betterAuth } from '../../../src/providers/built-in/better-auth.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const betterAuthKey = {
  id: 'k1',
  name: 'ci',
  start: 'abc',
  enabled: true,
  createdAt: '2026-11-01T00:00:00.000Z',
  expiresAt: '2027-02-18T12:00:00.000Z',
  lastRequest: null,
  requestCount: 3,
};

export const betterAuthCase: Case = {
  provider: betterAuth,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /api-key/list?sortBy=createdAt&sortDirection=desc&limit=100',
    status: 200,
    answer: { apiKeys: [betterAuthKey], total: 1, limit: 100 },
  },
  empty: { apiKeys: [], total: 0 },
  keys: [
    {
      id: 'k1',
      name: 'ci',
      status: 'active',
      prefix: 'abc',
      lastUsedAt: null,
    },
  ],
  show: {
    id: 'k1',
    route: 'GET /api-key/get?id=k1',
    status: 200,
    answer: betterAuthKey,
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', expiresAt: in90Days },
    route: 'POST /api-key/create',
    body: { name: 'ci', expiresIn: 7_776_000 },
    status: 200,
    answer: { ...betterAuthKey, key: 'abcdefghijklmnopEXAMPLE' },
    key: { id: 'k1' },
    secret: 'abcdefghijklmnopEXAMPLE',
  },
  update: {
    id: 'k1',
    changes: { name: 'new' },
    route: 'POST /api-key/update',
    body: { keyId: 'k1', name: 'new' },
    status: 200,
    answer: betterAuthKey,
  },
  disable: {
    id: 'k1',
    route: 'POST /api-key/update',
    body: { keyId: 'k1', enabled: false },
    status: 200,
    answer: { ...betterAuthKey, enabled: false },
  },
  revoke: {
    id: 'k1',
    route: 'POST /api-key/delete',
    body: { keyId: 'k1' },
    status: 200,
    answer: { success: true },
  },
};
