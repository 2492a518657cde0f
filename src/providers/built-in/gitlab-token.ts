import type { KeyFields } from '../declaration/key-fields.ts';
import type { Verification } from '../declaration/verification.ts';

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
