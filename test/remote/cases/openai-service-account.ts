import { openaiServiceAccount } from '../../../src/providers/built-in/openai-service-account.ts';
import type { Case } from '../case.ts';

const accounts = '/organization/projects/proj_abc/service_accounts';
const account = {
  object: 'organization.project.service_account',
  id: 'svc_acct_abc',
  name: 'Production App',
  role: 'member',
  created_at: 1_711_471_533,
};
const owner = { ...account, id: 'svc_acct_def', name: 'Admin App', role: 'owner' };

export const openaiServiceAccountCase: Case = {
  provider: openaiServiceAccount,
  options: { project: 'proj_abc' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: {
    route: `GET ${accounts}?limit=100`,
    status: 200,
    answer: {
      object: 'list',
      data: [account, owner],
      first_id: 'svc_acct_abc',
      last_id: 'svc_acct_def',
      has_more: false,
    },
  },
  empty: { object: 'list', data: [], first_id: null, last_id: null, has_more: false },
  keys: [
    {
      id: 'svc_acct_abc',
      name: 'Production App',
      status: 'active',
      createdAt: '2024-03-26T16:45:33.000Z',
    },
    { id: 'svc_acct_def', permissions: ['owner'] },
  ],
  show: {
    id: 'svc_acct_abc',
    route: `GET ${accounts}/svc_acct_abc`,
    status: 200,
    answer: account,
    key: { name: 'Production App' },
  },
  create: {
    spec: { name: 'Production App' },
    route: `POST ${accounts}`,
    body: { name: 'Production App' },
    status: 200,
    answer: {
      ...account,
      api_key: {
        object: 'organization.project.service_account.api_key',
        value: 'sk-abcdefghijklmnop123EXAMPLE',
        name: 'Secret Key',
        created_at: 1_711_471_533,
        id: 'key_abc',
      },
    },
    key: { id: 'svc_acct_abc', name: 'Production App' },
    secret: 'sk-abcdefghijklmnop123EXAMPLE',
  },
  update: {
    id: 'svc_acct_abc',
    changes: { name: 'Web App' },
    route: `POST ${accounts}/svc_acct_abc`,
    body: { name: 'Web App' },
    status: 200,
    answer: { ...account, name: 'Web App' },
  },
  revoke: {
    id: 'svc_acct_abc',
    route: `DELETE ${accounts}/svc_acct_abc`,
    status: 200,
    answer: { object: 'organization.project.service_account.deleted', id: 'svc_acct_abc', deleted: true },
  },
  verify: {
    route: 'GET /models',
    status: 200,
    answer: { object: 'list', data: [{ id: 'gpt-5', object: 'model' }] },
    reason: 'ok',
  },
};
