import { jupyterhub } from '../../../src/providers/built-in/jupyterhub.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const hubToken = {
  user: 'ada',
  id: 'a2',
  kind: 'api_token',
  roles: ['reader'],
  scopes: ['read:users'],
  created: '2026-11-01T00:00:00Z',
  last_activity: null,
  expires_at: '2027-02-18T12:00:00Z',
  note: 'ci',
  session_id: null,
  oauth_client: 'JupyterHub',
};

export const jupyterhubCase: Case = {
  provider: jupyterhub,
  options: { user: 'ada' },
  credential: ['authorization', 'token tok-EXAMPLE'],
  list: { route: 'GET /users/ada/tokens', status: 200, answer: { api_tokens: [hubToken] } },
  empty: { api_tokens: [] },
  keys: [
    {
      id: 'a2',
      name: 'ci',
      status: 'active',
      createdAt: '2026-11-01T00:00:00.000Z',
      expiresAt: '2027-02-18T12:00:00.000Z',
      lastUsedAt: null,
      permissions: ['read:users'],
    },
  ],
  show: {
    id: 'a2',
    route: 'GET /users/ada/tokens/a2',
    status: 200,
    answer: hubToken,
    key: { name: 'ci' },
  },
  create: {
    spec: {
      name: 'ci',
      expiresAt: in90Days,
      permissions: ['read:users'],
      kept: { roles: ['reader'] },
    },
    route: 'POST /users/ada/tokens',
    body: { note: 'ci', expires_in: 7_776_000, scopes: ['read:users'], roles: ['reader'] },
    status: 201,
    answer: { ...hubToken, token: 'abcdefghijklmnop0123EXAMPLE' },
    key: { id: 'a2', name: 'ci' },
    secret: 'abcdefghijklmnop0123EXAMPLE',
  },
  revoke: { id: 'a2', route: 'DELETE /users/ada/tokens/a2', status: 204 },
};
