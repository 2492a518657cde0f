import { datadog } from '../../../src/providers/built-in/datadog.ts';
import type { Case } from '../case.ts';

const attributes = {
  created_at: '2026-11-01T00:00:00.000000+00:00',
  last4: 'abcd',
  modified_at: '2026-11-01T00:00:00.000000+00:00',
  name: 'ci',
  category: 'agents',
  remote_config_read_enabled: true,
};
const key = { type: 'api_keys', id: 'd1', attributes, relationships: {} };
const whole = { ...key, attributes: { ...attributes, key: '0123456789abcdef0123456789EXAMPLE' } };

export const datadogCase: Case = {
  provider: datadog,
  credential: ['dd-api-key', 'tok-EXAMPLE'],
  list: {
    route: 'GET /api/v2/api_keys?page%5Bsize%5D=100&page%5Bnumber%5D=0',
    status: 200,
    answer: { data: [key], meta: { page: { total_filtered_count: 1 }, max_allowed: 50 } },
  },
  empty: { data: [], meta: { page: { total_filtered_count: 0 }, max_allowed: 50 } },
  keys: [{ id: 'd1', name: 'ci', status: 'active', createdAt: '2026-11-01T00:00:00.000Z' }],
  show: {
    id: 'd1',
    route: 'GET /api/v2/api_keys/d1',
    status: 200,
    answer: { data: whole },
    key: { name: 'ci' },
  },
  create: {
    spec: { name: 'ci', kept: { category: 'agents', remoteConfig: true } },
    route: 'POST /api/v2/api_keys',
    body: {
      data: {
        type: 'api_keys',
        attributes: { name: 'ci', category: 'agents', remote_config_read_enabled: true },
      },
    },
    status: 201,
    answer: { data: whole },
    key: { id: 'd1' },
    secret: '0123456789abcdef0123456789EXAMPLE',
  },
  update: {
    id: 'd1',
    changes: { name: 'web' },
    route: 'PATCH /api/v2/api_keys/d1',
    body: { data: { type: 'api_keys', id: 'd1', attributes: { name: 'web' } } },
    status: 200,
    answer: { data: whole },
  },
  revoke: { id: 'd1', route: 'DELETE /api/v2/api_keys/d1', status: 204 },
  verify: { route: 'GET /api/v1/validate', status: 200, answer: { valid: true }, reason: 'ok' },
};
