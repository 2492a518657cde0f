import { unkey } from '../../../src/providers/built-in/unkey.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const meta = { requestId: 'req_1' };
const key = {
  keyId: 'key_1',
  start: 'prod_1a',
  enabled: true,
  name: 'ci',
  createdAt: 1_793_491_200_000,
  expires: in90Days.getTime(),
  permissions: ['documents.read'],
};

export const unkeyCase: Case = {
  provider: unkey,
  options: { api: 'api_1' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'POST /v2/apis.listKeys',
    body: { apiId: 'api_1', limit: 100 },
    status: 200,
    answer: { meta, data: [key], pagination: { hasMore: false } },
  },
  empty: { meta, data: [], pagination: { hasMore: false } },
  keys: [
    {
      id: 'key_1',
      name: 'ci',
      status: 'active',
      prefix: 'prod_1a',
      createdAt: '2026-11-01T00:00:00.000Z',
      expiresAt: in90Days.toISOString(),
      lastUsedAt: null,
      permissions: ['documents.read'],
    },
  ],
  show: {
    id: 'key_1',
    route: 'POST /v2/keys.getKey',
    body: { keyId: 'key_1' },
    status: 200,
    answer: { meta, data: key },
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', permissions: ['documents.read'], expiresAt: in90Days },
    route: 'POST /v2/keys.createKey',
    body: { apiId: 'api_1', name: 'ci', permissions: ['documents.read'], expires: in90Days.getTime() },
    status: 200,
    answer: { meta, data: { keyId: 'key_1', key: 'prod_1a2b3c4d5e6f7g8hEXAMPLE' } },
    key: { id: 'key_1', name: 'ci' },
    secret: 'prod_1a2b3c4d5e6f7g8hEXAMPLE',
  },
  rotate: {
    id: 'key_1',
    expiresAt: null,
    route: 'POST /v2/keys.rerollKey',
    body: { keyId: 'key_1', expiration: 3_600_000 },
    status: 200,
    answer: { meta, data: { keyId: 'key_2', key: 'prod_9z8y7x6w5v4u3t2sEXAMPLE' } },
    key: { id: 'key_2', name: 'ci' },
    secret: 'prod_9z8y7x6w5v4u3t2sEXAMPLE',
  },
  update: {
    id: 'key_1',
    changes: { name: 'cd', expiresAt: null },
    route: 'POST /v2/keys.updateKey',
    body: { keyId: 'key_1', name: 'cd', expires: null },
    status: 200,
    answer: { meta, data: {} },
  },
  disable: {
    id: 'key_1',
    route: 'POST /v2/keys.updateKey',
    body: { keyId: 'key_1', enabled: false },
    status: 200,
    answer: { meta, data: {} },
  },
  revoke: {
    id: 'key_1',
    route: 'POST /v2/keys.deleteKey',
    body: { keyId: 'key_1' },
    status: 200,
    answer: { meta, data: {} },
  },
  verify: {
    route: 'POST /v2/keys.verifyKey',
    body: { key: 'key-abcdefghEXAMPLE', credits: { cost: 0 } },
    status: 200,
    answer: { meta, data: { valid: false, code: 'EXPIRED' } },
    reason: 'expired',
  },
};
