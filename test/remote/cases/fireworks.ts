import { fireworks } from '../../../src/providers/built-in/fireworks.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const fireworksKey = {
  keyId: 'key_1',
  displayName: 'ci',
  prefix: 'fw_abc',
  createTime: '2026-11-01T00:00:00Z',
  expireTime: '2027-02-18T12:00:00Z',
  secure: true,
  email: 'ada@example.com',
  annotations: { team: 'search' },
};

export const fireworksCase: Case = {
  provider: fireworks,
  options: { account: 'acme', user: 'ada' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /v1/accounts/acme/users/ada/apiKeys?pageSize=100',
    status: 200,
    answer: { apiKeys: [fireworksKey], nextPageToken: '', totalSize: 1 },
  },
  empty: { apiKeys: [], nextPageToken: '', totalSize: 0 },
  keys: [
    {
      id: 'key_1',
      name: 'ci',
      status: 'active',
      prefix: 'fw_abc',
      createdAt: '2026-11-01T00:00:00.000Z',
      expiresAt: '2027-02-18T12:00:00.000Z',
      lastUsedAt: null,
    },
  ],
  create: {
    spec: { name: 'ci', expiresAt: in90Days, kept: { annotations: { team: 'search' } } },
    route: 'POST /v1/accounts/acme/users/ada/apiKeys',
    body: {
      apiKey: {
        displayName: 'ci',
        expireTime: '2027-02-18T12:00:00Z',
        annotations: { team: 'search' },
      },
    },
    status: 200,
    answer: { ...fireworksKey, key: 'fw_abcdefghijklmnopqrEXAMPLE' },
    key: { id: 'key_1', name: 'ci' },
    secret: 'fw_abcdefghijklmnopqrEXAMPLE',
  },
  revoke: {
    id: 'key_1',
    route: 'POST /v1/accounts/acme/users/ada/apiKeys:delete',
    body: { keyId: 'key_1' },
    status: 200,
    answer: {},
  },
};
