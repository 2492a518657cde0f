import { privatemind } from '../../../src/providers/built-in/privatemind.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const privatemindKey = {
  access_key_id: 'ak_1234567890ab',
  prefix: 'ak_123456789',
  description: 'ci',
  status: 'active',
  rate_limit_rpm: 60,
  budget_usd: null,
  spend_usd: 1.5,
  allowed_models: [],
  requests: 17,
  tokens: 4250,
  created_at: '2026-11-01T00:00:00Z',
  expiration_date: '2027-02-18T12:00:00Z',
  last_used_at: null,
  last_ip: null,
  permission: 'read',
};

export const privatemindCase: Case = {
  provider: privatemind,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /v1/api-keys?limit=100&page=1',
    status: 200,
    answer: { api_keys: [privatemindKey], summary: { active: 1 }, total: 1, page: 1, limit: 100 },
  },
  empty: { api_keys: [], summary: { active: 0 }, total: 0, page: 1, limit: 100 },
  keys: [
    {
      id: 'ak_1234567890ab',
      name: 'ci',
      status: 'active',
      prefix: 'ak_123456789',
      expiresAt: '2027-02-18T12:00:00.000Z',
      rateLimitRpm: 60,
      budgetUsd: null,
      spentUsd: 1.5,
      models: [],
      permissions: ['read'],
      usage: { requests: 17, tokens: 4250 },
    },
  ],
  show: {
    id: 'ak_1234567890ab',
    route: 'GET /v1/api-keys/ak_1234567890ab',
    status: 200,
    answer: privatemindKey,
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', expiresAt: in90Days, rateLimitRpm: 120, budgetUsd: 9.5, models: ['m1'] },
    route: 'POST /v1/api-keys',
    body: {
      description: 'ci',
      expiration: '90d',
      rate_limit_rpm: 120,
      budget_usd: 9.5,
      allowed_models: ['m1'],
    },
    status: 201,
    answer: { ...privatemindKey, token: 'ak_1234567890ab:secretEXAMPLE' },
    key: { id: 'ak_1234567890ab' },
    secret: 'ak_1234567890ab:secretEXAMPLE',
  },
  update: {
    id: 'ak_1234567890ab',
    changes: { budgetUsd: null, models: [] },
    route: 'PATCH /v1/api-keys/ak_1234567890ab',
    body: { budget_usd: null, allowed_models: [] },
    status: 200,
    answer: privatemindKey,
  },
  revoke: {
    id: 'ak_1234567890ab',
    route: 'DELETE /v1/api-keys/ak_1234567890ab',
    status: 200,
    answer: { revoked: true },
  },
};
