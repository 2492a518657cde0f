import { unreal } from '../../../src/providers/built-in/unreal.ts';
import type { Case } from '../case.ts';

export const unrealCase: Case = {
  provider: unreal,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /v1/keys',
    status: 200,
    answer: {
      keys: [
        { name: 'my-production-app', hash: 'abc123def456ghi789', created: 1694268762 },
        { name: 'testing-key', hash: 'def456ghi789jkl', created: 1694352481 },
      ],
    },
  },
  empty: { keys: [] },
  keys: [
    {
      id: 'abc123def456ghi789',
      name: 'my-production-app',
      status: 'active',
      createdAt: '2023-09-09T14:12:42.000Z',
    },
    { id: 'def456ghi789jkl', name: 'testing-key' },
  ],
  show: {
    id: 'abc123def456ghi789',
    route: 'GET /v1/keys/abc123def456ghi789',
    status: 200,
    answer: {
      name: 'my-production-app',
      hash: 'abc123def456ghi789',
      created: 1694268762,
      usage: { requests: 17, tokens: 4250 },
    },
    key: { usage: { requests: 17, tokens: 4250 } },
  },
  create: {
    spec: { name: 'ci' },
    route: 'POST /v1/keys',
    body: { name: 'ci' },
    status: 200,
    answer: { name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE', hash: 'h2', created: 1694268762 },
    key: { id: 'h2', name: 'ci' },
    secret: 'sk-a1b2c3d4e5f6g7h8EXAMPLE',
  },
  revoke: { id: 'h2', route: 'DELETE /v1/keys/h2', status: 200, answer: { deleted: true } },
};
