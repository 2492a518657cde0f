import { npm } from '../../../src/providers/built-in/npm.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const npmToken = {
  token: 'npm_abc...xyz',
  key: 'id1',
  cidr_whitelist: null,
  readonly: false,
  created: '2026-11-01T00:00:00.000Z',
};

export const npmCase: Case = {
  provider: npm,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /-/npm/v1/tokens', status: 200, answer: { objects: [npmToken], urls: { next: '' } } },
  empty: { objects: [], urls: {} },
  keys: [
    {
      id: 'id1',
      name: 'id1',
      prefix: 'npm_abc...xyz',
      createdAt: '2026-11-01T00:00:00.000Z',
      status: 'active',
    },
  ],
  create: {
    spec: { name: 'ci', description: 'deploys', expiresAt: in90Days },
    route: 'POST /-/npm/v1/tokens',
    body: { password: 'password-EXAMPLE', name: 'ci', description: 'deploys', expires: 90 },
    status: 200,
    answer: { ...npmToken, token: 'npm_abcdefghijklmnopqrEXAMPLE', name: 'ci' },
    key: { id: 'id1', name: 'ci' },
    secret: 'npm_abcdefghijklmnopqrEXAMPLE',
  },
  revoke: { id: 'id1', route: 'DELETE /-/npm/v1/tokens/token/id1', status: 200, answer: {} },
};
