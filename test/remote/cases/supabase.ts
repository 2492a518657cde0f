import { supabase } from '../../../src/providers/built-in/supabase.ts';
import type { Case } from '../case.ts';

const project = 'abcdefghijklmnopqrst';
const keys = `/v1/projects/${project}/api-keys`;
const id = '22222222-2222-4222-8222-222222222222';

const secretKey = {
  id,
  name: 'ci_secret_key',
  type: 'secret',
  api_key: 'sb_secret_abcde··························',
  description: 'CI deploy key',
  secret_jwt_template: { role: 'service_role' },
  hash: 'FvtYm3yeZhdzPqOOwrGv685cJXzUJINIUxptXTRI05E',
  prefix: 'abcde',
  inserted_at: '2026-05-20T10:00:00Z',
  updated_at: '2026-05-20T10:00:00Z',
};
const publishableKey = {
  ...secretKey,
  id: '33333333-3333-4333-8333-333333333333',
  name: 'web_app',
  type: 'publishable',
  api_key: 'sb_publishable_whole_EXAMPLE',
  description: null,
  secret_jwt_template: null,
};
const legacyKey = {
  name: 'anon',
  api_key: 'whole.legacy.EXAMPLE',
  id: 'anon',
  type: 'legacy',
  hash: 'siXHwep1ApnLzvWXuo9Z9T8gGEi_5wsAy961FvvL7tA',
  prefix: 'tbn2D',
  description: 'Legacy anon API key',
};

export const supabaseCase: Case = {
  provider: supabase,
  options: { project },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: `GET ${keys}`, status: 200, answer: [secretKey, publishableKey, legacyKey] },
  empty: [],
  keys: [
    {
      id,
      name: 'ci_secret_key',
      status: 'active',
      description: 'CI deploy key',
      prefix: 'abcde',
      createdAt: '2026-05-20T10:00:00.000Z',
      permissions: ['secret'],
    },
    { id: publishableKey.id, name: 'web_app', permissions: ['publishable'] },
    { id: 'anon', name: 'anon', permissions: ['legacy'] },
  ],
  create: {
    spec: {
      name: 'ci_secret_key',
      description: 'CI deploy key',
      permissions: ['secret'],
      kept: { template: { role: 'service_role' } },
    },
    route: `POST ${keys}?reveal=true`,
    body: {
      type: 'secret',
      name: 'ci_secret_key',
      description: 'CI deploy key',
      secret_jwt_template: { role: 'service_role' },
    },
    status: 201,
    answer: { ...secretKey, api_key: 'sb_secret_abcdefghijklmnopEXAMPLE' },
    key: { id, name: 'ci_secret_key', permissions: ['secret'] },
    secret: 'sb_secret_abcdefghijklmnopEXAMPLE',
  },
  update: {
    id,
    changes: { name: 'ci_deploy_key' },
    route: `PATCH ${keys}/${id}`,
    body: { name: 'ci_deploy_key' },
    status: 200,
    answer: { ...secretKey, name: 'ci_deploy_key' },
  },
  revoke: { id, route: `DELETE ${keys}/${id}`, status: 200, answer: secretKey },
};
