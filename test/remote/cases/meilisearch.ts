import { meilisearch } from '../../../src/providers/built-in/meilisearch.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const uid = '01b4bc42-eb33-4041-b481-254d00cce834';
const secret = 'd0552b41536279a0ad88bd595327b96f01176a60c2243e906c52ac02EXAMPLE';
const key = {
  uid,
  key: secret,
  name: 'ci',
  description: 'deploys',
  actions: ['documents.add'],
  indexes: ['products'],
  expiresAt: '2027-02-18T12:00:00Z',
  createdAt: '2026-11-20T12:00:00Z',
  updatedAt: '2026-11-20T12:00:00Z',
};

export const meilisearchCase: Case = {
  provider: meilisearch,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /keys?limit=100',
    status: 200,
    answer: { results: [key], offset: 0, limit: 100, total: 1 },
  },
  empty: { results: [], offset: 0, limit: 100, total: 0 },
  keys: [
    {
      id: uid,
      name: 'ci',
      description: 'deploys',
      status: 'active',
      prefix: 'd0552b41…MPLE',
      createdAt: '2026-11-20T12:00:00.000Z',
      expiresAt: in90Days.toISOString(),
      permissions: ['documents.add'],
    },
  ],
  show: { id: uid, route: `GET /keys/${uid}`, status: 200, answer: key, key: { name: 'ci' } },
  create: {
    spec: {
      name: 'ci',
      description: 'deploys',
      permissions: ['documents.add'],
      expiresAt: in90Days,
      kept: { indexes: ['products'] },
    },
    route: 'POST /keys',
    body: {
      name: 'ci',
      description: 'deploys',
      actions: ['documents.add'],
      indexes: ['products'],
      expiresAt: '2027-02-18T12:00:00Z',
    },
    status: 201,
    answer: key,
    key: { id: uid },
    secret,
  },
  update: {
    id: uid,
    changes: { name: 'cd' },
    route: `PATCH /keys/${uid}`,
    body: { name: 'cd' },
    status: 200,
    answer: { ...key, name: 'cd' },
  },
  revoke: { id: uid, route: `DELETE /keys/${uid}`, status: 204 },
  verify: {
    route: 'GET /keys?limit=100',
    status: 200,
    answer: {
      results: [{ ...key, key: 'key-abcdefghEXAMPLE' }],
      offset: 0,
      limit: 100,
      total: 1,
    },
    reason: 'ok',
  },
};
