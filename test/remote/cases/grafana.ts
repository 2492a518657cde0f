import { grafana } from '../../../src/providers/built-in/grafana.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const token = {
  id: 7,
  name: 'ci',
  created: '2026-11-01T00:00:00Z',
  expiration: null,
  secondsUntilExpiration: 0,
  hasExpired: false,
  role: 'Viewer',
};

export const grafanaCase: Case = {
  provider: grafana,
  options: { account: 'ci bot' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  before: {
    route: 'GET /api/serviceaccounts/search?perpage=1000&page=1&query=ci+bot',
    status: 200,
    answer: {
      totalCount: 2,
      serviceAccounts: [
        { id: 3, name: 'ci bot 2' },
        { id: 4, name: 'ci bot' },
      ],
      page: 1,
      perPage: 1000,
    },
  },
  list: { route: 'GET /api/serviceaccounts/4/tokens', status: 200, answer: [token] },
  empty: [],
  keys: [
    {
      id: '7',
      name: 'ci',
      status: 'active',
      createdAt: '2026-11-01T00:00:00.000Z',
      expiresAt: null,
    },
  ],
  create: {
    spec: { name: 'ci', expiresAt: in90Days },
    route: 'POST /api/serviceaccounts/4/tokens',
    body: { name: 'ci', secondsToLive: 7_776_000 },
    status: 200,
    answer: { id: 7, name: 'ci', key: 'glsa_abcdefghijklmnopqrstuvEXAMPLE' },
    key: { id: '7', name: 'ci' },
    secret: 'glsa_abcdefghijklmnopqrstuvEXAMPLE',
  },
  revoke: {
    id: '7',
    route: 'DELETE /api/serviceaccounts/4/tokens/7',
    status: 200,
    answer: { message: 'API key deleted' },
  },
};
