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
