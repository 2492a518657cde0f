import { rootly } from '../../../src/providers/built-in/rootly.ts';
import type { Case } from '../case.ts';

const id = '7b9f2c1e-2d1b-4c7a-9d55-0f1f4f6a8a10';
const attributes = {
  name: 'ci',
  kind: 'organization',
  created_at: '2026-11-01T00:00:00.000-07:00',
  updated_at: '2026-11-01T00:00:00.000-07:00',
  description: 'deploys',
  role_id: 'role1',
  on_call_role_id: null,
  expires_at: '2027-11-01T00:00:00.000Z',
  last_used_at: null,
  grace_period_ends_at: null,
};
const key = { id, type: 'api_keys', attributes };
const meta = { current_page: 1, next_page: null, prev_page: null, total_count: 1, total_pages: 1 };

export const rootlyCase: Case = {
  provider: rootly,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /v1/api_keys?filter%5Bkind%5D=organization&page%5Bsize%5D=100&page%5Bnumber%5D=1',
    status: 200,
    answer: { data: [key], meta },
  },
  empty: { data: [], meta: { ...meta, total_count: 0, total_pages: 0 } },
  keys: [
    {
      id,
      name: 'ci',
      status: 'active',
      description: 'deploys',
      createdAt: '2026-11-01T07:00:00.000Z',
      expiresAt: '2027-11-01T00:00:00.000Z',
      lastUsedAt: null,
    },
  ],
  show: { id, route: `GET /v1/api_keys/${id}`, status: 200, answer: { data: key }, key: { name: 'ci' } },
  create: {
    spec: {
      name: 'ci',
      description: 'deploys',
      expiresAt: new Date('2027-11-01T00:00:00Z'),
      kept: { role: 'role1' },
    },
    route: 'POST /v1/api_keys',
    body: {
      data: {
        type: 'api_keys',
        attributes: {
          name: 'ci',
          kind: 'organization',
          description: 'deploys',
          expires_at: '2027-11-01T00:00:00Z',
          role_id: 'role1',
        },
      },
    },
    contentType: 'application/vnd.api+json',
    status: 201,
    answer: { data: { ...key, attributes: { ...attributes, token: 'rootly_a1b2c3d4e5f6g7h8EXAMPLE' } } },
    key: { id, name: 'ci' },
    secret: 'rootly_a1b2c3d4e5f6g7h8EXAMPLE',
  },
  revoke: { id, route: `DELETE /v1/api_keys/${id}`, status: 200, answer: { data: key } },
};
