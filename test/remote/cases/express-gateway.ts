import { expressGateway } from '../../../src/providers/built-in/express-gateway.ts';
import type { Case } from '../case.ts';

const id = '0pVkE1bXXrKMzGqNSmPXkc';

const key = {
  isActive: true,
  createdAt: 'Sun Nov 01 2026 08:00:00 GMT+0000 (Coordinated Universal Time)',
  updatedAt: 'Sun Nov 01 2026 08:00:00 GMT+0000 (Coordinated Universal Time)',
  id,
  keyId: id,
  keySecret: '3RqWyEXAMPLE',
  scopes: ['read'],
  consumerId: 'c1',
};

export const expressGatewayCase: Case = {
  provider: expressGateway,
  options: { consumer: 'c1' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /credentials/c1',
    status: 200,
    answer: { credentials: [key, { ...key, id: 'k2', keyId: 'k2', isActive: false }] },
  },
  empty: { credentials: [] },
  keys: [
    { id, name: id, status: 'active', createdAt: '2026-11-01T08:00:00.000Z', permissions: ['read'] },
    { id: 'k2', status: 'disabled' },
  ],
  show: {
    id: 'k2',
    route: 'GET /credentials/key-auth/k2',
    status: 200,
    answer: { ...key, id: 'k2', keyId: 'k2', isActive: false },
    key: { status: 'disabled', permissions: ['read'] },
  },
  create: {
    spec: { name: 'ci', permissions: ['read'] },
    route: 'POST /credentials',
    body: { consumerId: 'c1', type: 'key-auth', credential: { scopes: ['read'] } },
    status: 200,
    answer: key,
    key: { id },
    secret: `${id}:3RqWyEXAMPLE`,
  },
  update: {
    id: 'k2',
    changes: { permissions: ['write'] },
    route: 'PUT /credentials/key-auth/k2/scopes',
    body: { scopes: ['write'] },
    status: 204,
  },
  disable: {
    id: 'k2',
    route: 'PUT /credentials/key-auth/k2/status',
    body: { status: false },
    status: 200,
    answer: { status: 'Deactivated' },
  },
};
