import { openai } from '../../../src/providers/built-in/openai.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const key = {
  object: 'organization.admin_api_key',
  id: 'key_xyz',
  name: 'ci',
  redacted_value: 'sk-admin...xyz',
  created_at: 1_762_000_000,
  expires_at: 1_800_000_000,
  last_used_at: null,
  owner: {
    type: 'user',
    object: 'organization.user',
    id: 'user_123',
    name: 'Ada',
    created_at: 1_711_471_533,
    role: 'owner',
  },
};

export const openaiCase: Case = {
  provider: openai,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /organization/admin_api_keys?limit=100',
    status: 200,
    answer: { object: 'list', data: [key], first_id: 'key_xyz', last_id: 'key_xyz', has_more: false },
  },
  empty: { object: 'list', data: [], first_id: null, last_id: null, has_more: false },
  keys: [
    {
      id: 'key_xyz',
      name: 'ci',
      status: 'active',
      prefix: 'sk-admin...xyz',
      createdAt: '2025-11-01T12:26:40.000Z',
      expiresAt: '2027-01-15T08:00:00.000Z',
      lastUsedAt: null,
    },
  ],
  show: {
    id: 'key_xyz',
    route: 'GET /organization/admin_api_keys/key_xyz',
    status: 200,
    answer: key,
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', expiresAt: in90Days },
    route: 'POST /organization/admin_api_keys',
    body: { name: 'ci', expires_in_seconds: 7_776_000 },
    status: 200,
    answer: { ...key, value: 'sk-admin-1234abcdEXAMPLE' },
    key: { id: 'key_xyz', name: 'ci' },
    secret: 'sk-admin-1234abcdEXAMPLE',
  },
  revoke: {
    id: 'key_xyz',
    route: 'DELETE /organization/admin_api_keys/key_xyz',
    status: 200,
    answer: { id: 'key_xyz', object: 'organization.admin_api_key.deleted', deleted: true },
  },
};
