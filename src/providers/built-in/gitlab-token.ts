import type { KeyFields } from '../declaration/key-fields.ts';
import type { Provider } from '../declaration/provider.ts';
import type { Verification } from '../declaration/verification.ts';
import type { WhoamiCall } from '../declaration/whoami.ts';

/* What the access tokens of GitLab have in common. */

export const gitlabScopes = [
  'read_api',
  'read_repository',
  'write_repository',
  'api',
  'read_registry',
  'write_registry',
  'create_runner',
  'manage_runner',
  'ai_features',
  'k8s_proxy',
  'self_rotate',
];

export const gitlabVerification: Verification = { get: '/personal_access_tokens/self', id: 'id' };

/** `/user` needs the scope api or read_user, which a token need not have. */
export const gitlabWhoami: readonly WhoamiCall[] = [
  {
    get: '/personal_access_tokens/self',
    keyId: 'id',
    expiresAt: { at: 'expires_at', as: 'date' },
  },
  { get: '/user', user: 'username' },
];

export const gitlabToken: KeyFields = {
  id: 'id',
  name: 'name',
  description: 'description',
  status: [
    { at: 'revoked', words: { true: 'revoked', false: 'active' } },
    { at: 'active', words: { true: 'active', false: 'expired' } },
  ],
  createdAt: 'created_at',
  expiresAt: { at: 'expires_at', as: 'date' },
  lastUsedAt: 'last_used_at',
  permissions: 'scopes',
};

/** https://docs.gitlab.com/security/tokens/; tokens that name the cell to which they belong are longer. */
export const gitlabValues = [
  'glpat-{base64url:20}',
  'glpat-{base64url:27-300}.{lower:9}',
  'glpat-{base64url:27-300}.{lower:2}.{lower:9}',
];

/** The access tokens of a project and of a group differ in their path. */
export function gitlabAccessTokens(owner: string) {
  const path = `${owner}/access_tokens`;
  return {
    asOf: '2026-11',
    url: 'https://gitlab.com/api/v4',
    page: { tokens: 'https://gitlab.com/-/user_settings/personal_access_tokens' },
    auth: { header: 'PRIVATE-TOKEN' },
    capabilities: {
      overlap: 'client',
      expiry: 'any',
      expiryRequired: true,
      uniqueNames: false,
      maxKeys: null,
    },
    permissions: gitlabScopes,
    list: { get: path, items: '', paging: { by: 'link', limit: 'per_page', size: 100 } },
    show: { get: `${path}/{id}` },
    create: {
      post: path,
      body: {
        name: '{name}',
        description: '{description}',
        scopes: '{permissions}',
        expires_at: '{expiresAt:date}',
        access_level: '{kept.accessLevel}',
      },
      key: '',
      secret: 'token',
    },
    revoke: { delete: `${path}/{id}` },
    verify: gitlabVerification,
    whoami: gitlabWhoami,
    values: gitlabValues,
    key: { ...gitlabToken, kept: { accessLevel: 'access_level' } },
  } satisfies Partial<Provider>;
}
