import type { Provider } from '../declaration/provider.ts';

export const pinecone: Provider = {
  id: 'pinecone',
  name: 'Pinecone',
  docs: 'Pinecone, Admin API, OpenAPI 2026-04',
  asOf: '2026-04',
  note: 'the session token is an access token, from POST https://login.pinecone.io/oauth/token with the client id and secret of a service account; it expires. Without --permission, a new key can only read data (DataPlaneViewer); by itself, the API would give it ProjectEditor. A name has at most 80 characters. Undocumented: when keys were created, rate limits, and a call that verifies a key',
  url: 'https://api.pinecone.io',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  headers: { 'X-Pinecone-Api-Version': '2026-04' },
  options: { project: { help: 'id of the project', required: true } },
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
  key: { id: 'id', name: 'name', permissions: 'roles' },
};
