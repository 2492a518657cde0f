import type { Provider } from '../declaration/provider.ts';

export const supabase: Provider = {
  id: 'supabase',
  name: 'Supabase project API keys',
  docs: 'Supabase Management API 1.0.0, https://supabase.com/docs/reference/api/v1-create-project-api-key',
  asOf: '2026-05',
  note: 'the session token is a personal access token. A name has 4 to 64 lower-case letters, digits and underscores, and does not start with a digit. Without --permission, a new key is publishable; --permission secret gives access that bypasses row level security. The legacy keys anon and service_role are listed, but cannot be rotated or revoked here. Undocumented: whether names are unique, the body of errors, and a call that verifies a key',
  url: 'https://api.supabase.com',
  page: { tokens: 'https://supabase.com/dashboard/account/tokens' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { project: { help: 'ref of the project, 20 lower-case letters', required: true } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  permissions: ['publishable', 'secret'],
  // Without `reveal`, secret keys are masked.
  list: { get: '/v1/projects/{option.project}/api-keys', items: '' },
  create: {
    post: '/v1/projects/{option.project}/api-keys',
    query: { reveal: 'true' },
    body: {
      type: '{permissions:one|"publishable"}',
      name: '{name}',
      description: '{description}',
      secret_jwt_template: '{kept.template}',
    },
    key: '',
    secret: 'api_key',
  },
  update: {
    patch: '/v1/projects/{option.project}/api-keys/{id}',
    body: { name: '{name}', description: '{description}' },
  },
  revoke: { delete: '/v1/projects/{option.project}/api-keys/{id}' },
  values: ['sb_secret_{base64url:22}_{base64url:8}', 'sbp_{hex:40}'],
  key: {
    id: 'id',
    name: 'name',
    description: 'description',
    prefix: 'prefix',
    createdAt: 'inserted_at',
    permissions: 'type',
    // The claims of the token that a secret key stands for, such as its role.
    kept: { template: 'secret_jwt_template' },
  },
};
