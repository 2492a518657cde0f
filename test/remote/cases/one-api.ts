import { oneApi } from '../../../src/providers/built-in/one-api.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const token = {
  id: 7,
  key: 'abcdefghijklmnopqrstuvwxyz0123456789EXAMPLE',
  name: 'ci',
  status: 1,
  created_time: 1_793_491_200,
  accessed_time: 1_793_577_600,
  expired_time: -1,
  remain_quota: 500,
  used_quota: 20,
  unlimited_quota: false,
  models: 'a,b',
  subnet: '10.0.0.0/8',
};
const success = { success: true, message: '' };

export const oneApiCase: Case = {
  provider: oneApi,
  credential: ['authorization', 'tok-EXAMPLE'],
  list: { route: 'GET /api/token/?p=0', status: 200, answer: { ...success, data: [token] } },
  empty: { ...success, data: [] },
  end: { route: 'GET /api/token/?p=1', status: 200, answer: { ...success, data: [] } },
  keys: [
    {
      id: '7',
      name: 'ci',
      status: 'active',
      expiresAt: null,
      createdAt: '2026-11-01T00:00:00.000Z',
      models: ['a', 'b'],
    },
  ],
  show: {
    id: '7',
    route: 'GET /api/token/7',
    status: 200,
    answer: { ...success, data: token },
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', expiresAt: in90Days, models: ['a', 'b'] },
    route: 'POST /api/token/',
    body: { name: 'ci', expired_time: 1_802_952_000, models: 'a,b', remain_quota: 0, unlimited_quota: true },
    status: 200,
    answer: { ...success, data: token },
    key: { id: '7' },
    secret: token.key,
  },
  update: {
    id: '7',
    changes: { name: 'web' },
    route: 'PUT /api/token/',
    body: {
      id: 7,
      name: 'web',
      status: 1,
      expired_time: -1,
      models: 'a,b',
      subnet: '10.0.0.0/8',
      remain_quota: 500,
      unlimited_quota: false,
    },
    status: 200,
    answer: { ...success, data: { ...token, name: 'web' } },
  },
  disable: {
    id: '7',
    route: 'PUT /api/token/?status_only=1',
    body: { id: 7, status: 2 },
    status: 200,
    answer: { ...success, data: { ...token, status: 2 } },
  },
  revoke: { id: '7', route: 'DELETE /api/token/7', status: 200, answer: success },
};
