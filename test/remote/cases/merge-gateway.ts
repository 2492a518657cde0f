import { mergeGateway } from '../../../src/providers/built-in/merge-gateway.ts';
import type { Case } from '../case.ts';

const key = {
  hash: 'a1b2c3d4e5f6',
  label: 'mg_8Kx2pQ',
  disabled: false,
  usage: 12.4,
  name: 'customer-acme',
  limit: 50,
  limit_reset: 'monthly',
  limit_remaining: 37.6,
  created_at: '2026-06-02T17:04:00Z',
};

export const mergeGatewayCase: Case = {
  provider: mergeGateway,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /v1/keys?limit=100',
    status: 200,
    answer: { object: 'list', data: [key], has_more: false },
  },
  empty: { object: 'list', data: [], has_more: false },
  keys: [
    {
      id: 'a1b2c3d4e5f6',
      name: 'customer-acme',
      status: 'active',
      prefix: 'mg_8Kx2pQ',
      createdAt: '2026-06-02T17:04:00.000Z',
      budgetUsd: 50,
      spentUsd: 12.4,
    },
  ],
  show: {
    id: 'a1b2c3d4e5f6',
    route: 'GET /v1/keys/a1b2c3d4e5f6',
    status: 200,
    answer: key,
    key: { name: 'customer-acme' },
  },
  create: {
    spec: { name: 'customer-acme', budgetUsd: 50, kept: { limitReset: 'weekly' } },
    route: 'POST /v1/keys',
    body: { name: 'customer-acme', limit: 50, limit_reset: 'weekly' },
    status: 201,
    answer: { ...key, key: 'mg_8Kx2pQabcdefghijklmnopEXAMPLE', limit_reset: 'weekly' },
    key: { id: 'a1b2c3d4e5f6', name: 'customer-acme' },
    secret: 'mg_8Kx2pQabcdefghijklmnopEXAMPLE',
  },
  update: {
    id: 'a1b2c3d4e5f6',
    changes: { budgetUsd: 100 },
    route: 'PATCH /v1/keys/a1b2c3d4e5f6',
    body: { limit: 100 },
    status: 200,
    answer: { ...key, limit: 100, limit_remaining: 87.6 },
  },
  disable: {
    id: 'a1b2c3d4e5f6',
    route: 'PATCH /v1/keys/a1b2c3d4e5f6',
    body: { disabled: true },
    status: 200,
    answer: { ...key, disabled: true },
  },
  revoke: { id: 'a1b2c3d4e5f6', route: 'DELETE /v1/keys/a1b2c3d4e5f6', status: 204 },
};
