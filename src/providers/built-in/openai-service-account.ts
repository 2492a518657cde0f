import type { Provider } from '../declaration/provider.ts';

export const openaiServiceAccount: Provider = {
  id: 'openai-service-account',
  name: 'OpenAI service accounts',
  docs: 'OpenAI API 2.3.0, Project service accounts, https://platform.openai.com/docs/api-reference/project-service-accounts',
  asOf: '2026-08',
  note: 'the session token is an admin key. A key here is a service account of a project with the API key that was created with it; its id is that of the account. To revoke it deletes the account and every key that it has: the API has no call that deletes one of them. A new account has the role member; the rotation of one with another role needs --allow-loss. What else an account was granted is not carried over. Undocumented: whether names are unique',
  url: 'https://api.openai.com/v1',
  page: { tokens: 'https://platform.openai.com/settings/organization/admin-keys' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { project: { help: 'id of the project', required: true } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: {
    get: '/organization/projects/{option.project}/service_accounts',
    items: 'data',
    paging: { by: 'cursor', cursor: 'after', limit: 'limit', size: 100, next: 'last_id', more: 'has_more' },
  },
  show: { get: '/organization/projects/{option.project}/service_accounts/{id}' },
  create: {
    post: '/organization/projects/{option.project}/service_accounts',
    body: { name: '{name}' },
    key: '',
    secret: 'api_key.value',
  },
  update: {
    post: '/organization/projects/{option.project}/service_accounts/{id}',
    body: { name: '{name}' },
  },
  revoke: { delete: '/organization/projects/{option.project}/service_accounts/{id}' },
  verify: { get: '/models', models: 'data' },
  values: [
    'sk-svcacct-{base64url:74}T3BlbkFJ{base64url:74}',
    'sk-svcacct-{base64url:58}T3BlbkFJ{base64url:58}',
    'sk-svcacct-{base62:20}T3BlbkFJ{base62:20}',
  ],
  key: {
    id: 'id',
    name: 'name',
    createdAt: { at: 'created_at', as: 'epochSeconds' },
    // The role of every new account is no permission of its own.
    permissions: { at: 'role', none: ['member'] },
  },
};
