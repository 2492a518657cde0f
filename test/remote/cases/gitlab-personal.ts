import { gitlabPersonal } from '../../../src/providers/built-in/gitlab-personal.ts';
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

export const gitlabPersonalCase: Case = {
  provider: gitlabPersonal,
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
  rotate: {
    id: '42',
    expiresAt: in90Days,
    route: 'POST /personal_access_tokens/42/rotate',
    body: { expires_at: '2027-02-18' },
    status: 200,
    answer: { ...gitlabToken, id: 43, token: 'glpat-opqrstuvwxyzabEXAMPLE' },
    key: { id: '43', name: 'ci' },
    secret: 'glpat-opqrstuvwxyzabEXAMPLE',
  },
  revoke: { id: '42', route: 'DELETE /personal_access_tokens/42', status: 204 },
};
