import { deepinfra } from '../../../src/providers/built-in/deepinfra.ts';
import type { Case } from '../case.ts';

const deepinfraToken = {
  token: 'di-abcdefghijklmnopqrstuvEXAMPLE',
  created_at: 1_793_491_200,
  name: 'ci',
  token_id: 'tid1',
  allowed_ips: null,
};

export const deepinfraCase: Case = {
  provider: deepinfra,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /v1/api-tokens', status: 200, answer: [deepinfraToken] },
  empty: [],
  keys: [{ id: 'tid1', name: 'ci', status: 'active', createdAt: '2026-11-01T00:00:00.000Z' }],
  show: {
    id: 'tid1',
    route: 'GET /v1/api-tokens/tid1',
    status: 200,
    answer: deepinfraToken,
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci' },
    route: 'POST /v1/api-tokens',
    body: { name: 'ci' },
    status: 200,
    answer: deepinfraToken,
    key: { id: 'tid1', name: 'ci' },
    secret: 'di-abcdefghijklmnopqrstuvEXAMPLE',
  },
  revoke: { id: 'tid1', route: 'DELETE /v1/api-tokens/tid1', status: 200 },
};
