import type { Provider } from '../declaration/provider.ts';

export const powerdns: Provider = {
  id: 'powerdns',
  name: 'PowerDNS TSIG keys',
  docs: 'PowerDNS Authoritative Server HTTP API, TSIG keys, https://doc.powerdns.com/authoritative/http-api/tsigkey.html',
  asOf: '2026-11',
  note: 'the URL is that of a server of the API, such as http://127.0.0.1:8081/api/v1/servers/localhost; a rotation gives the key a new secret, which keys makes, and the old one stops working at once',
  usualPath: '/api/v1/servers/localhost',
  auth: { header: 'X-API-Key' },
  options: { algorithm: { help: 'algorithm of new keys (default hmac-sha256)' } },
  capabilities: { overlap: 'none', expiry: 'none', uniqueNames: false, maxKeys: null },
  list: { get: '/tsigkeys', items: '' },
  // A list has no secrets; this has.
  show: { get: '/tsigkeys/{id}', secret: 'key' },
  create: {
    post: '/tsigkeys',
    body: { name: '{name}', algorithm: '{option.algorithm|"hmac-sha256"}' },
    key: '',
    secret: 'key',
  },
  rotate: {
    put: '/tsigkeys/{id}',
    body: { key: '{newSecret}' },
    makes: { bytes: 64, as: 'base64' },
    keepsId: true,
  },
  update: { put: '/tsigkeys/{id}', body: { name: '{name}' } },
  revoke: { delete: '/tsigkeys/{id}' },
  key: { id: 'id', name: 'name' },
};
