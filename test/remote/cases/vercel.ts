import { vercel } from '../../../src/providers/built-in/vercel.ts';
import type { Case } from '../case.ts';

const id = '5d9f2ebd38ddca62e5d51e9c1704c72530bdc8bfdd41e782a6687c48399e8391';
const token = {
  id,
  name: 'ci',
  type: 'oauth2-token',
  prefix: 'vcp_',
  suffix: 'abc123',
  origin: 'manual',
  scopes: [{ type: 'user', origin: 'manual', createdAt: 1_632_816_536_002 }],
  createdAt: 1_632_816_536_002,
  activeAt: 1_632_816_536_002,
  expiresAt: 1_890_009_600_000,
};
const revokedToken = { ...token, id: 'revoked1', revokedAt: 1_632_816_536_002 };

export const vercelCase: Case = {
  provider: vercel,
  options: { team: 'team_1a2b3c4d5e6f7g8h9i0j1k2l', project: 'prj_abc' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /v6/user/tokens',
    status: 200,
    answer: { tokens: [token, revokedToken], pagination: { count: 2, next: null, prev: null } },
  },
  empty: { tokens: [], pagination: { count: 0, next: null, prev: null } },
  keys: [
    {
      id,
      name: 'ci',
      status: 'active',
      prefix: 'vcp_',
      createdAt: '2021-09-28T08:08:56.002Z',
      expiresAt: '2029-11-22T02:40:00.000Z',
      lastUsedAt: '2021-09-28T08:08:56.002Z',
    },
    { id: 'revoked1', status: 'revoked' },
  ],
  show: { id, route: `GET /v5/user/tokens/${id}`, status: 200, answer: { token }, key: { name: 'ci' } },
  create: {
    spec: { name: 'ci', expiresAt: new Date('2029-11-22T02:40:00Z') },
    route: 'POST /v3/user/tokens?teamId=team_1a2b3c4d5e6f7g8h9i0j1k2l',
    body: { name: 'ci', expiresAt: 1_890_009_600_000, projectId: 'prj_abc' },
    status: 200,
    answer: { token, bearerToken: 'vcp_uRKJSTt0L4RaSkiMj41QTkxMEXAMPLE' },
    key: { id, name: 'ci' },
    secret: 'vcp_uRKJSTt0L4RaSkiMj41QTkxMEXAMPLE',
  },
  revoke: { id, route: `DELETE /v3/user/tokens/${id}`, status: 200, answer: { tokenId: id } },
  verify: { route: 'GET /v5/user/tokens/current', status: 200, answer: { token }, reason: 'ok' },
};
