import type { Provider } from '../declaration/provider.ts';

export const xai: Provider = {
  id: 'xai',
  name: 'xAI API keys',
  docs: 'xAI Management API, https://docs.x.ai/developers/rest-api-reference/management/auth',
  asOf: '2026-11-22',
  note: 'log in with a management key; a key without --permission can do nothing; whether the list has pages is not documented',
  url: 'https://management-api.x.ai',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { team: { help: 'id of the team', required: true } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/auth/teams/{option.team}/api-keys', items: 'apiKeys' },
  create: {
    post: '/auth/teams/{option.team}/api-keys',
    body: {
      name: '{name}',
      acls: '{permissions}',
      qpm: '{rateLimitRpm}',
      qps: '{kept.qps}',
      tpm: '{kept.tpm}',
    },
    key: '',
    secret: 'apiKey',
  },
  revoke: { delete: '/auth/api-keys/{id}' },
  verify: {
    url: 'https://api.x.ai',
    get: '/v1/api-key',
    id: 'api_key_id',
    verdict: [
      { when: { at: 'api_key_disabled', is: true }, means: 'forbidden' },
      { when: { at: 'api_key_blocked', is: true }, means: 'forbidden' },
      { when: { at: 'team_blocked', is: true }, means: 'forbidden' },
    ],
  },
  values: ['xai-{base64url:80}'],
  key: {
    id: 'apiKeyId',
    name: 'name',
    status: [{ at: 'disabled', words: { true: 'disabled', false: 'active' } }],
    prefix: 'redactedApiKey',
    createdAt: 'createTime',
    expiresAt: 'expireTime',
    permissions: ['aclStrings', 'acls'],
    rateLimitRpm: 'qpm',
    kept: { qps: 'qps', tpm: 'tpm' },
  },
};
