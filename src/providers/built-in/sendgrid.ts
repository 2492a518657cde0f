import type { Provider } from '../declaration/provider.ts';

export const sendgrid: Provider = {
  id: 'sendgrid',
  name: 'SendGrid',
  docs: 'SendGrid API Keys API, https://www.twilio.com/docs/sendgrid/api-reference/api-keys/create-api-keys',
  asOf: '2026-01',
  note: 'permissions are scopes; without --permission the API decides what a new key may do. For the EU: --url https://api.eu.sendgrid.com. Undocumented: when keys were created, and a call that verifies a key',
  url: 'https://api.sendgrid.com',
  page: {
    tokens: 'https://app.sendgrid.com/settings/api_keys',
    keys: 'https://app.sendgrid.com/settings/api_keys',
  },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { subuser: { help: 'the subuser whose keys are managed' } },
  headers: { 'on-behalf-of': '{option.subuser}' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/v3/api_keys', items: 'result' },
  // The document wraps the key in a list, which may have others too.
  show: { get: '/v3/api_keys/{id}', key: ['result', ''] },
  create: {
    post: '/v3/api_keys',
    body: { name: '{name}', scopes: '{permissions}' },
    key: '',
    secret: 'api_key',
  },
  update: [
    { patch: '/v3/api_keys/{id}', body: { name: '{name}' } },
    { put: '/v3/api_keys/{id}', body: { name: '{name}', scopes: '{permissions}' } },
  ],
  revoke: { delete: '/v3/api_keys/{id}' },
  values: ['SG.{base64url:22}.{base64url:43}'],
  key: { id: 'api_key_id', name: 'name', permissions: 'scopes' },
};
