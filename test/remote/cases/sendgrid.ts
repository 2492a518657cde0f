import { sendgrid } from '../../../src/providers/built-in/sendgrid.ts';
import type { Case } from '../case.ts';

const key = { api_key_id: 'sg1', name: 'ci' };
const scopes = ['mail.send', 'alerts.read'];

export const sendgridCase: Case = {
  provider: sendgrid,
  options: { subuser: 'mailer' },
  credential: ['authorization', 'Bearer tok-EXAMPLE'],
  list: { route: 'GET /v3/api_keys', status: 200, answer: { result: [key] } },
  empty: { result: [] },
  keys: [{ id: 'sg1', name: 'ci', status: 'active' }],
  show: {
    id: 'sg1',
    route: 'GET /v3/api_keys/sg1',
    status: 200,
    answer: {
      result: [
        { api_key_id: 'sg0', name: 'other', scopes: [] },
        { ...key, scopes },
      ],
    },
    key: { name: 'ci', permissions: scopes },
  },
  create: {
    spec: { name: 'ci', permissions: scopes },
    route: 'POST /v3/api_keys',
    body: { name: 'ci', scopes },
    status: 201,
    answer: { ...key, scopes, api_key: 'SG.abcdefghijklmnop.qrstuvwxyzEXAMPLE' },
    key: { id: 'sg1', permissions: scopes },
    secret: 'SG.abcdefghijklmnop.qrstuvwxyzEXAMPLE',
  },
  update: {
    id: 'sg1',
    changes: { permissions: ['mail.send'] },
    route: 'PUT /v3/api_keys/sg1',
    body: { name: 'ci', scopes: ['mail.send'] },
    status: 200,
    answer: key,
  },
  revoke: { id: 'sg1', route: 'DELETE /v3/api_keys/sg1', status: 204 },
};
