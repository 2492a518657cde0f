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
};
