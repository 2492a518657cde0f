import { gitlabUser } from '../../../src/providers/built-in/gitlab-user.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const gitlabToken = {
  id: 42,
  name: 'ci',
  description: 'deploys',
  revoked: false,
  active: true,
  created_at: '2026-11-01T00:00:00.000Z',
  scopes: ['read_api'],
  last_used_at: null,
  expires_at: '2027-02-18',
};

export const gitlabUserCase: Case = {
  provider: gitlabUser,
  options: { user: '5' },
  credential: ['private-token', 'tok-EXAMPLE'],
  list: {
    route: 'GET /personal_access_tokens?user_id=5&per_page=100',
    status: 200,
    answer: [gitlabToken],
  },
  empty: [],
  keys: [
    {
      id: '42',
      name: 'ci',
      description: 'deploys',
      status: 'active',
      expiresAt: '2027-02-18T00:00:00.000Z',
      permissions: ['read_api'],
      lastUsedAt: null,
    },
  ],
  show: {
    id: '42',
    route: 'GET /personal_access_tokens/42',
    status: 200,
    answer: gitlabToken,
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', description: 'deploys', permissions: ['read_api'], expiresAt: in90Days },
    route: 'POST /users/5/personal_access_tokens',
    body: { name: 'ci', description: 'deploys', scopes: ['read_api'], expires_at: '2027-02-18' },
    status: 201,
    answer: { ...gitlabToken, token: 'glpat-abcdefghijklmnEXAMPLE' },
    key: { id: '42' },
    secret: 'glpat-abcdefghijklmnEXAMPLE',
  },
  revoke: { id: '42', route: 'DELETE /personal_access_tokens/42', status: 204 },
};
