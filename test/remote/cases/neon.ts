import { neon } from '../../../src/providers/built-in/neon.ts';
import type { Case } from '../case.ts';

const neonKey = {
  id: 165434,
  name: 'ci',
  created_at: '2026-11-01T00:00:00Z',
  created_by: {
    id: '629982cc-0000-4000-8000-000000000000',
    name: 'Ada',
    image: 'https://example.com/ada.png',
  },
  last_used_at: null,
  last_used_from_addr: '',
};

export const neonCase: Case = {
  provider: neon,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /api_keys', status: 200, answer: [neonKey] },
  empty: [],
  keys: [
    {
      id: '165434',
      name: 'ci',
      status: 'active',
      createdAt: '2026-11-01T00:00:00.000Z',
      lastUsedAt: null,
    },
  ],
  create: {
    spec: { name: 'ci' },
    route: 'POST /api_keys',
    body: { key_name: 'ci' },
    status: 200,
    answer: {
      id: 165434,
      key: 'napi_abcdefghijklmnopqrEXAMPLE',
      name: 'ci',
      created_at: '2026-11-01T00:00:00Z',
      created_by: '629982cc-0000-4000-8000-000000000000',
    },
    key: { id: '165434', name: 'ci' },
    secret: 'napi_abcdefghijklmnopqrEXAMPLE',
  },
  revoke: {
    id: '165434',
    route: 'DELETE /api_keys/165434',
    status: 200,
    answer: { id: 165434, name: 'ci', created_at: '2026-11-01T00:00:00Z', revoked: true },
  },
};
