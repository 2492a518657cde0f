import type { Provider } from '../declaration/provider.ts';

export const openaiProject: Provider = {
  id: 'openai-project',
  name: 'OpenAI project keys',
  docs: 'OpenAI Project API keys, https://platform.openai.com/docs/api-reference/project-api-keys',
  asOf: '2026-08',
  note: 'the session token is an admin key; the API refuses to delete the key of a service account',
  url: 'https://api.openai.com/v1',
  page: {
    tokens: 'https://platform.openai.com/settings/organization/admin-keys',
    keys: 'https://platform.openai.com/api-keys',
  },
  console: 'the OpenAI platform',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { project: { help: 'id of the project', required: true } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: {
    get: '/organization/projects/{option.project}/api_keys',
    // Without it, some enabled keys may be left out.
    query: { owner_project_access: 'any' },
    items: 'data',
    paging: { by: 'cursor', cursor: 'after', limit: 'limit', size: 100, next: 'last_id', more: 'has_more' },
  },
  show: { get: '/organization/projects/{option.project}/api_keys/{id}' },
  revoke: { delete: '/organization/projects/{option.project}/api_keys/{id}' },
  usage: {
    get: '/organization/usage/completions',
    query: {
      start_time: '{since:epochSeconds}',
      bucket_width: '1d',
      group_by: 'api_key_id',
      project_ids: '{option.project}',
      api_key_ids: '{keyId}',
    },
    items: 'data',
    rows: 'results',
    paging: { by: 'cursor', cursor: 'page', limit: 'limit', size: 31, next: 'next_page', more: 'has_more' },
    row: {
      keyId: 'api_key_id',
      date: { at: 'start_time', as: 'epochSeconds' },
      requests: 'num_model_requests',
      tokens: { sum: ['input_tokens', 'output_tokens'] },
    },
    defaultDays: 30,
    covers: 'completions',
  },
  verify: { get: '/models', models: 'data' },
  values: [
    'sk-proj-{base64url:74}T3BlbkFJ{base64url:74}',
    'sk-proj-{base64url:58}T3BlbkFJ{base64url:58}',
    'sk-proj-{base62:20}T3BlbkFJ{base62:20}',
    'sk-{base62:20}T3BlbkFJ{base62:20}',
  ],
  key: {
    id: 'id',
    name: 'name',
    prefix: 'redacted_value',
    createdAt: { at: 'created_at', as: 'epochSeconds' },
    lastUsedAt: { at: 'last_used_at', as: 'epochSeconds' },
  },
};
