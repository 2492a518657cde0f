import type { Provider } from '../declaration/provider.ts';

export const expressGateway: Provider = {
  id: 'express-gateway',
  name: 'Express Gateway credentials',
  docs: 'Express Gateway Admin API, https://www.express-gateway.io/docs/admin/credentials/',
  asOf: '2026-11',
  note: 'the key-auth credentials of one consumer; the URL is that of the admin port, which has no authentication of its own, so that any session token does unless a proxy in front asks for one. The API cannot revoke a credential, only disable it, and its answers to lists contain all secrets',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: { consumer: { help: 'id of the consumer whose credentials these are', required: true } },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/credentials/{option.consumer}', items: 'credentials' },
  show: { get: '/credentials/key-auth/{id}' },
  create: {
    post: '/credentials',
    body: {
      consumerId: '{option.consumer}',
      type: 'key-auth',
      credential: { scopes: '{permissions}' },
    },
    key: '',
    // As the gateway expects it, after the word apiKey.
    secret: { join: ['keyId', 'keySecret'], with: ':' },
  },
  update: { put: '/credentials/key-auth/{id}/scopes', body: { scopes: '{permissions}' }, partial: true },
  disable: {
    put: '/credentials/key-auth/{id}/status',
    body: { status: false },
    ok: { at: 'status', is: ['Deactivated', 'Inactive'] },
  },
  enable: {
    put: '/credentials/key-auth/{id}/status',
    body: { status: true },
    ok: { at: 'status', is: ['Activated', 'Active'] },
  },
  key: {
    id: ['id', 'keyId'],
    name: { always: 'credential' },
    status: [{ at: 'isActive', words: { true: 'active', false: 'disabled' } }],
    createdAt: 'createdAt',
    permissions: 'scopes',
  },
};
