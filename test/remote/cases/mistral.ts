import { mistral } from '../../../src/providers/built-in/mistral.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const mistralKey = {
  key_id: 'k1',
  name: 'ci',
  hidden_key: 'HQSx...Ug6Y',
  key: null,
  created_at: '2026-11-01T00:00:00Z',
  created_by: 'u1',
  expiration_date: '2027-02-18T12:00:00Z',
  last_used: null,
  product: 'api',
  workspace_id: 'w1',
  workspace_name: 'Search',
  can_delete: true,
  actions: { rotate: true },
};

export const mistralCase: Case = {
  provider: mistral,
  options: { user: 'u1', workspace: 'w1' },
  credential: ['x-api-key', 'tok-EXAMPLE'],
  list: { route: 'GET /api-keys?limit=20', status: 200, answer: { keys: [mistralKey] } },
  empty: { keys: [] },
  keys: [
    {
      id: 'k1',
      name: 'ci',
      status: 'active',
      prefix: 'HQSx...Ug6Y',
      createdAt: '2026-11-01T00:00:00.000Z',
      expiresAt: '2027-02-18T12:00:00.000Z',
      lastUsedAt: null,
    },
  ],
  create: {
    spec: { name: 'ci', expiresAt: in90Days },
    route: 'POST /api-keys',
    body: { user_id: 'u1', workspace_uuid: 'w1', name: 'ci', expiration: '2027-02-18T12:00:00Z' },
    status: 200,
    answer: {
      key_id: 'k1',
      key: 'HQSxabcdefghijklmnoEXAMPLE',
      hidden_key: 'HQSx...MPLE',
      name: 'ci',
      created_at: '2026-11-20T12:00:00Z',
      expiration_date: '2027-02-18T12:00:00Z',
      actions: { rotate: true },
    },
    key: { id: 'k1', name: 'ci' },
    secret: 'HQSxabcdefghijklmnoEXAMPLE',
  },
  revoke: {
    id: 'k1',
    route: 'DELETE /api-keys/k1',
    status: 200,
    answer: { detail: 'API key deleted successfully' },
  },
};
