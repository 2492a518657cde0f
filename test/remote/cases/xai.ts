import { xai } from '../../../src/providers/built-in/xai.ts';
import type { Case } from '../case.ts';

const key = {
  redactedApiKey: 'xai-...MPLE',
  userId: 'user-1',
  name: 'ci',
  createTime: '2026-11-01T00:00:00Z',
  modifyTime: '2026-11-01T00:00:00Z',
  teamId: 'team-1',
  aclStrings: ['api-key:model:*', 'api-key:endpoint:*'],
  qpm: 100,
  apiKeyId: 'key-1',
  disabled: false,
};

export const xaiCase: Case = {
  provider: xai,
  options: { team: 'team-1' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /auth/teams/team-1/api-keys', status: 200, answer: { apiKeys: [key] } },
  empty: { apiKeys: [] },
  keys: [
    {
      id: 'key-1',
      name: 'ci',
      status: 'active',
      prefix: 'xai-...MPLE',
      createdAt: '2026-11-01T00:00:00.000Z',
      permissions: ['api-key:model:*', 'api-key:endpoint:*'],
      rateLimitRpm: 100,
    },
  ],
  create: {
    spec: {
      name: 'ci',
      permissions: ['api-key:model:*', 'api-key:endpoint:*'],
      rateLimitRpm: 100,
      kept: { qps: 5 },
    },
    route: 'POST /auth/teams/team-1/api-keys',
    body: { name: 'ci', acls: ['api-key:model:*', 'api-key:endpoint:*'], qpm: 100, qps: 5 },
    status: 200,
    answer: { ...key, apiKey: 'xai-0123456789abcdefEXAMPLE' },
    key: { id: 'key-1' },
    secret: 'xai-0123456789abcdefEXAMPLE',
  },
  revoke: { id: 'key-1', route: 'DELETE /auth/api-keys/key-1', status: 200, answer: {} },
};
