/** The declaration of an API, as a user writes it: the one of docs/providers.md. */
export const declaration = {
  id: 'example',
  name: 'Example API',
  url: 'https://api.example.com',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: { get: '/keys', items: 'data' },
  create: {
    post: '/keys',
    body: { name: '{name}', expires_at: '{expiresAt:iso}' },
    key: 'data',
    secret: 'secret',
  },
  revoke: { delete: '/keys/{id}' },
  key: { id: 'id', name: 'name', expiresAt: 'expires_at' },
};

/** As a file, one field to a line. */
export function fileOf(change: Record<string, unknown> = {}): string {
  return `${JSON.stringify({ ...declaration, ...change }, undefined, 2)}\n`;
}

/** One of everything that a request can have. */
export const richDeclaration = {
  id: 'acme',
  name: 'Acme',
  url: 'https://api.example.com/v2',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  headers: { 'X-Version': '2', 'X-Team': '{option.team}' },
  options: { team: { help: 'the team', required: true } },
  secrets: { pin: { help: 'the PIN' } },
  capabilities: { overlap: 'server', expiry: 'any', uniqueNames: false, maxKeys: null },
  permissions: ['read', 'write'],
  list: {
    get: '/teams/{option.team}/keys',
    items: 'data',
    paging: { by: 'cursor', cursor: 'after', last: 'id', more: 'has_more', limit: 'limit', size: 50 },
  },
  show: { get: '/keys/{id}' },
  create: {
    post: '/keys',
    body: {
      name: '{name}',
      scopes: '{permissions}',
      expires: '{expiresAt:epochSeconds|-1}',
      budget: '{budgetUsd:cents}',
      template: '{{name}}',
      pin: '{secret.pin}',
    },
    key: 'key',
    secret: 'secret',
    idempotency: 'Idempotency-Key',
  },
  rotate: { post: '/keys/{id}/rotate', body: { grace: '{grace:hours}' }, key: 'key', secret: 'secret' },
  update: { patch: '/keys/{id}', form: { name: '{name}', scope: '{permissions}' } },
  disable: { post: '/keys/{id}/off' },
  enable: { post: '/keys/{id}/on' },
  revoke: { delete: '/keys/{id}' },
  logs: {
    get: '/logs',
    query: { key: '{keyId}', from: '{since:time}', to: '{until:date}' },
    items: '',
    entry: { timestamp: 't', method: 'm', path: 'p', statusCode: 's' },
    paging: { by: 'url', next: 'links.next' },
  },
  usage: {
    get: '/usage',
    query: { by: '{by}', from: '{since:epochSeconds}', key: '{keyId}' },
    items: '',
    row: { keyId: 'k', date: 'd', requests: 'r' },
    defaultDays: 30,
  },
  verify: { get: '/me', auth: { header: 'X-Api-Key' }, requires: 'id' },
  whoami: { get: '/me', user: 'name' },
  logout: { post: '/logout' },
  key: { id: 'id', name: 'name', expiresAt: 'expires', permissions: 'scopes', budgetUsd: 'budget' },
};
