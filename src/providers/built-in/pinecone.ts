import type { Provider } from '../declaration/provider.ts';

export const pinecone: Provider = {
  id: 'pinecone',
  name: 'Pinecone',
  docs: 'Pinecone Admin API 2026-04, https://docs.pinecone.io/reference/api/2026-04/admin/create_api_key',
  asOf: '2026-04',
  note: 'the session token is the client secret of a service account; keys exchanges it for an access token, which is never stored. Without --permission, a new key can only read data (DataPlaneViewer); by itself, the API would give it ProjectEditor. A name has at most 80 characters. Undocumented: when keys were created, rate limits, and a call that verifies a key',
  url: 'https://api.pinecone.io',
  auth: {
    header: 'Authorization',
    scheme: 'Bearer',
    exchange: {
      post: 'https://login.pinecone.io/oauth/token',
      headers: { 'X-Pinecone-Api-Version': '2026-04' },
      body: {
        grant_type: 'client_credentials',
        client_id: '{option.clientId}',
        client_secret: '{token}',
        audience: 'https://api.pinecone.io/',
      },
      token: 'access_token',
      expiresIn: 'expires_in',
    },
  },
  headers: { 'X-Pinecone-Api-Version': '2026-04' },
  options: {
    clientId: { help: 'client id of the service account', required: true },
    project: { help: 'id of the project', required: true },
  },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  permissions: [
    'DataPlaneViewer',
    'ControlPlaneViewer',
    'ProjectViewer',
    'DataPlaneEditor',
    'ControlPlaneEditor',
    'ProjectEditor',
  ],
  list: { get: '/admin/projects/{option.project}/api-keys', items: 'data' },
  create: {
    post: '/admin/projects/{option.project}/api-keys',
    body: { name: '{name}', roles: '{permissions}' },
    key: 'key',
    secret: 'value',
  },
  update: { patch: '/admin/api-keys/{id}', body: { name: '{name}', roles: '{permissions}' } },
  revoke: { delete: '/admin/api-keys/{id}' },
  values: ['pcsk_{base62:5-6}_{base62:63}'],
  key: { id: 'id', name: 'name', permissions: 'roles' },
};
