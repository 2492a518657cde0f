import { resend } from '../../../src/providers/built-in/resend.ts';
import type { Case } from '../case.ts';

const id = 'dacf4072-4119-4d88-932f-6202748ac7c8';

function logged(logId: string) {
  return {
    id: logId,
    created_at: `2026-11-20 10:00:0${logId}.500+00`,
    endpoint: '/emails',
    method: 'POST',
    response_status: 200,
    user_agent: null,
  };
}

export const resendCase: Case = {
  provider: resend,
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /api-keys?limit=100',
    status: 200,
    answer: {
      object: 'list',
      has_more: false,
      data: [{ id, name: 'ci', created_at: '2026-10-06 23:47:56.678+00', last_used_at: null }],
    },
  },
  empty: { object: 'list', has_more: false, data: [] },
  keys: [{ id, name: 'ci', status: 'active', createdAt: '2026-10-06T23:47:56.678Z', lastUsedAt: null }],
  create: {
    spec: { name: 'ci', permissions: ['full_access'] },
    route: 'POST /api-keys',
    body: { name: 'ci', permission: 'full_access' },
    status: 201,
    answer: { id, token: 're_c1tpEyD8NKFusih9vKVQkniEXAMPLE' },
    key: { id, name: 'ci' },
    secret: 're_c1tpEyD8NKFusih9vKVQkniEXAMPLE',
  },
  verify: {
    route: 'GET /api-keys?limit=1',
    status: 401,
    answer: { statusCode: 401, name: 'restricted_api_key', message: 'This API key may only send emails' },
    reason: 'ok',
  },
  revoke: {
    id,
    route: `DELETE /api-keys/${id}`,
    status: 200,
    answer: { object: 'api_key', id, deleted: true },
  },
  logs: [
    {
      query: { status: '4xx' },
      exchanges: [
        {
          route: 'GET /logs?limit=100',
          status: 200,
          answer: {
            object: 'list',
            has_more: true,
            data: [logged('2'), { ...logged('1'), response_status: 429 }],
          },
        },
        {
          route: 'GET /logs?limit=100&after=1',
          status: 200,
          answer: { object: 'list', has_more: false, data: [{ ...logged('0'), response_status: 403 }] },
        },
      ],
      entries: [
        { timestamp: '2026-11-20T10:00:01.500Z', method: 'POST', path: '/emails', statusCode: 429 },
        { timestamp: '2026-11-20T10:00:00.500Z', method: 'POST', path: '/emails', statusCode: 403 },
      ],
    },
  ],
};
