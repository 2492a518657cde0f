import { openaiProject } from '../../../src/providers/built-in/openai-project.ts';
import type { Case } from '../case.ts';

const key = {
  object: 'organization.project.api_key',
  redacted_value: 'sk-abc...def',
  name: 'ci',
  created_at: 1_762_000_000,
  last_used_at: 1_762_003_600,
  id: 'key_abc',
  owner_project_access: 'active',
  owner: { type: 'user', user: { id: 'user_123', name: 'Ada' } },
};

const start = Date.parse('2026-11-18T00:00:00Z') / 1000;
const completions = `/organization/usage/completions?start_time=${start}&bucket_width=1d&group_by=api_key_id`;

const use = {
  object: 'organization.usage.completions.result',
  input_tokens: 1000,
  output_tokens: 500,
  num_model_requests: 5,
  api_key_id: 'key_abc',
};

function bucket(days: number, results: object[]) {
  const startsAt = start + days * 86_400;
  return { object: 'bucket', start_time: startsAt, end_time: startsAt + 86_400, results };
}

export const openaiProjectCase: Case = {
  provider: openaiProject,
  options: { project: 'proj_abc' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: 'GET /organization/projects/proj_abc/api_keys?owner_project_access=any&limit=100',
    status: 200,
    answer: { object: 'list', data: [key], first_id: 'key_abc', last_id: 'key_abc', has_more: false },
  },
  empty: { object: 'list', data: [], first_id: null, last_id: null, has_more: false },
  keys: [
    {
      id: 'key_abc',
      name: 'ci',
      status: 'active',
      prefix: 'sk-abc...def',
      createdAt: '2025-11-01T12:26:40.000Z',
      lastUsedAt: '2025-11-01T13:26:40.000Z',
    },
  ],
  show: {
    id: 'key_abc',
    route: 'GET /organization/projects/proj_abc/api_keys/key_abc',
    status: 200,
    answer: key,
    key: { name: 'ci' },
  },
  revoke: {
    id: 'key_abc',
    route: 'DELETE /organization/projects/proj_abc/api_keys/key_abc',
    status: 200,
    answer: { object: 'organization.project.api_key.deleted', id: 'key_abc', deleted: true },
  },
  usage: [
    {
      query: { by: 'key', since: new Date('2026-11-18T00:00:00Z') },
      exchanges: [
        {
          route: `GET ${completions}&project_ids=proj_abc&limit=31`,
          status: 200,
          answer: { object: 'page', data: [bucket(0, [use])], has_more: true, next_page: 'page_2' },
        },
        {
          route: `GET ${completions}&project_ids=proj_abc&limit=31&page=page_2`,
          status: 200,
          answer: {
            object: 'page',
            data: [bucket(1, [use, { ...use, api_key_id: null }]), bucket(2, [])],
            has_more: false,
            next_page: null,
          },
        },
      ],
      rows: [
        { keyId: 'key_abc', requests: 10, tokens: 3000 },
        { keyId: null, requests: 5, tokens: 1500 },
      ],
    },
    {
      query: { by: 'day', since: new Date('2026-11-18T00:00:00Z'), keyId: 'key_abc' },
      exchanges: [
        {
          route: `GET ${completions}&project_ids=proj_abc&api_key_ids=key_abc&limit=31`,
          status: 200,
          answer: {
            object: 'page',
            data: [bucket(0, [use]), bucket(1, [])],
            has_more: false,
            next_page: null,
          },
        },
      ],
      rows: [{ date: '2026-11-18', requests: 5, tokens: 1500 }],
    },
  ],
};
