import { gitlabGroup } from '../../../src/providers/built-in/gitlab-group.ts';
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
  access_level: 30,
  last_used_at: null,
  expires_at: '2027-02-18',
};

export const gitlabGroupCase: Case = {
  provider: gitlabGroup,
  options: { group: 'group/app' },
  credential: ['private-token', 'tok-EXAMPLE'],
  list: {
    route: 'GET /groups/group%2Fapp/access_tokens?per_page=100',
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
    route: 'GET /groups/group%2Fapp/access_tokens/42',
    status: 200,
    answer: gitlabToken,
    key: { name: 'ci' },
  },
  create: {
    spec: {
      name: 'ci',
      description: 'deploys',
      permissions: ['read_api'],
      expiresAt: in90Days,
      kept: { accessLevel: 30 },
    },
    route: 'POST /groups/group%2Fapp/access_tokens',
    body: {
      name: 'ci',
      description: 'deploys',
      scopes: ['read_api'],
      expires_at: '2027-02-18',
      access_level: 30,
    },
    status: 201,
    answer: { ...gitlabToken, token: 'glpat-abcdefghijklmnEXAMPLE' },
    key: { id: '42' },
    secret: 'glpat-abcdefghijklmnEXAMPLE',
  },
  revoke: { id: '42', route: 'DELETE /groups/group%2Fapp/access_tokens/42', status: 204 },
};
