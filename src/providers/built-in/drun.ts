import type { Provider } from '../declaration/provider.ts';

export const drun: Provider = {
  id: 'drun',
  name: 'd.run',
  docs: 'd.run, "Manage Your API Keys"',
  asOf: '2026-11',
  note: 'its documents describe only a console, so the wire format is inferred from their fields; --url is required',
  auth: { header: 'Authorization', scheme: 'Bearer' },
  capabilities: { overlap: 'client', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/apis/v1/apikeys', items: 'items' },
  create: { post: '/apis/v1/apikeys', body: { name: '{name}' }, key: '', secret: 'apiKey' },
  revoke: { delete: '/apis/v1/apikeys/{id}' },
  key: { id: 'id', name: 'name', prefix: 'apiKey', createdAt: 'createdAt' },
};
