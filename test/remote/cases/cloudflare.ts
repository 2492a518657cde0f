import { cloudflare, cloudflareAccount } from '../../../src/providers/built-in/cloudflare.ts';
import type { Provider } from '../../../src/providers/declaration/provider.ts';
import type { Case } from '../case.ts';
import { in90Days } from '../clock.ts';

const resources = { 'com.cloudflare.api.account.zone.z1': '*' };
const policies = [{ id: 'p1', effect: 'allow', permission_groups: [{ id: 'g1' }, { id: 'g2' }], resources }];
const condition = { request_ip: { in: ['10.0.0.0/8'] } };

const token = {
  id: 'c1d2',
  name: 'ci',
  status: 'active',
  issued_on: '2026-11-01T00:00:00Z',
  modified_on: '2026-11-02T00:00:00Z',
  last_used_on: '2026-11-19T00:00:00Z',
  not_before: '2026-11-01T00:00:00Z',
  policies,
  condition,
};
const success = { success: true, errors: [], messages: [] };
const whole = { name: 'ci', policies, condition, not_before: token.not_before };

function cloudflareCase(provider: Provider, path: string, options: Record<string, string>): Case {
  const query = 'include_expired=true&per_page=50&page=1';
  return {
    provider,
    options: { ...options, resources: JSON.stringify(resources) },
    credential: ['authorization', 'Bearer tok-EXAMPLE'],
    list: {
      route: `GET ${path}?${query}`,
      status: 200,
      answer: {
        ...success,
        result: [token],
        result_info: { page: 1, per_page: 50, count: 1, total_count: 1 },
      },
    },
    empty: { ...success, result: [], result_info: { page: 1, per_page: 50, count: 0, total_count: 0 } },
    keys: [
      {
        id: 'c1d2',
        name: 'ci',
        status: 'active',
        expiresAt: null,
        permissions: ['g1', 'g2'],
        createdAt: '2026-11-01T00:00:00.000Z',
      },
    ],
    show: {
      id: 'c1d2',
      route: `GET ${path}/c1d2`,
      status: 200,
      answer: { ...success, result: token },
      key: { name: 'ci' },
    },
    create: {
      spec: { name: 'ci', expiresAt: in90Days, permissions: ['g1', 'g2'] },
      route: `POST ${path}`,
      body: {
        name: 'ci',
        policies: [{ effect: 'allow', permission_groups: [{ id: 'g1' }, { id: 'g2' }], resources }],
        expires_on: '2027-02-18T12:00:00Z',
      },
      status: 200,
      answer: { ...success, result: { ...token, value: 'v1.0-abcdefghijklmnopqrstuvwxEXAMPLE' } },
      key: { id: 'c1d2' },
      secret: 'v1.0-abcdefghijklmnopqrstuvwxEXAMPLE',
    },
    update: {
      id: 'c1d2',
      changes: { name: 'web' },
      route: `PUT ${path}/c1d2`,
      body: { ...whole, name: 'web', status: 'active' },
      status: 200,
      answer: { ...success, result: { ...token, name: 'web' } },
    },
    disable: {
      id: 'c1d2',
      route: `PUT ${path}/c1d2`,
      body: { ...whole, status: 'disabled' },
      status: 200,
      answer: { ...success, result: { ...token, status: 'disabled' } },
    },
    revoke: {
      id: 'c1d2',
      route: `DELETE ${path}/c1d2`,
      status: 200,
      answer: { ...success, result: { id: 'c1d2' } },
    },
  };
}

export const cloudflareUserCase = cloudflareCase(cloudflare, '/user/tokens', {});
export const cloudflareAccountCase = cloudflareCase(cloudflareAccount, '/accounts/a1/tokens', {
  account: 'a1',
});
