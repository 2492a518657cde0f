import type { LifecycleProvider } from '../declaration/provider.ts';

export const npm: LifecycleProvider = {
  id: 'npm',
  name: 'npm registry tokens',
  docs: 'npm CLI, "npm token"',
  asOf: '2026-11',
  note: 'any registry with the token API; --url is required, and creating a token needs the password of the account',
  auth: { header: 'Authorization', scheme: 'Bearer', otpHeader: 'npm-otp' },
  secrets: { password: { help: 'the password of the account' } },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: { get: '/-/npm/v1/tokens', items: 'objects', paging: { by: 'url', next: 'urls.next' } },
  create: {
    post: '/-/npm/v1/tokens',
    body: {
      password: '{secret.password}',
      name: '{name}',
      description: '{description}',
      expires: '{expiresAt:days}',
      readonly: '{kept.readonly}',
      cidr_whitelist: '{kept.cidrWhitelist}',
    },
    key: '',
    secret: 'token',
  },
  revoke: { delete: '/-/npm/v1/tokens/token/{id}' },
  // A stranger gets an empty answer, and no refusal.
  verify: { get: '/-/whoami', requires: 'username' },
  key: {
    id: 'key',
    name: ['name', 'key'],
    description: 'description',
    prefix: 'token',
    createdAt: 'created',
    expiresAt: 'expires',
    permissions: 'scopes',
    // What verdaccio calls cidr.
    kept: { readonly: 'readonly', cidrWhitelist: ['cidr_whitelist', 'cidr'] },
  },
};
