import type { Provider } from '../declaration/provider.ts';

export const jupyterhub: Provider = {
  id: 'jupyterhub',
  name: 'JupyterHub tokens',
  docs: 'JupyterHub REST API, https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html',
  asOf: '2026-11',
  note: 'the URL is that of the API, such as https://hub.example.com/hub/api. The name of a token is its note. The API answers 403 for a user that does not exist',
  usualPath: '/hub/api',
  auth: { header: 'Authorization', scheme: 'token' },
  options: { user: { help: 'name of the user whose tokens these are', required: true } },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: { get: '/users/{option.user}/tokens', items: 'api_tokens' },
  show: { get: '/users/{option.user}/tokens/{id}' },
  create: {
    post: '/users/{option.user}/tokens',
    body: {
      note: '{name}',
      expires_in: '{expiresAt:seconds}',
      scopes: '{permissions}',
      roles: '{kept.roles}',
    },
    key: '',
    secret: 'token',
  },
  revoke: { delete: '/users/{option.user}/tokens/{id}' },
  // An unknown token is a stranger, whom the API answers with 403.
  verify: { get: '/user', reading: { 403: 'invalid' } },
  whoami: { get: '/user', user: 'name' },
  key: {
    id: 'id',
    name: 'note',
    createdAt: 'created',
    expiresAt: 'expires_at',
    lastUsedAt: 'last_activity',
    permissions: 'scopes',
    kept: { roles: 'roles' },
  },
};
