import { drun } from '../../../src/providers/built-in/drun.ts';
import type { Case } from '../case.ts';

export const drunCase: Case = {
  provider: drun,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /apis/v1/apikeys',
    status: 200,
    answer: {
      items: [{ id: 'i1', name: 'test-key', apiKey: 'sk-x1V****i7uc', createdAt: '2026-11-01T00:00:00Z' }],
    },
  },
  empty: { items: [] },
  keys: [{ id: 'i1', name: 'test-key', prefix: 'sk-x1V****i7uc', status: 'active' }],
  create: {
    spec: { name: 'ci' },
    route: 'POST /apis/v1/apikeys',
    body: { name: 'ci' },
    status: 201,
    answer: {
      id: 'i2',
      name: 'ci',
      apiKey: 'sk-x1VDTAFB7Ra1hldATbncOaEXAMPLE',
      createdAt: '2026-11-20T12:00:00Z',
    },
    key: { id: 'i2', prefix: 'sk-x1VDT…MPLE' },
    secret: 'sk-x1VDTAFB7Ra1hldATbncOaEXAMPLE',
  },
  revoke: { id: 'i2', route: 'DELETE /apis/v1/apikeys/i2', status: 204 },
};
