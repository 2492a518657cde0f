import type { Provider } from '../declaration/provider.ts';

export const vercel: Provider = {
  id: 'vercel',
  name: 'Vercel access tokens',
  docs: 'Vercel REST API, https://vercel.com/docs/rest-api/authentication/create-an-auth-token',
  asOf: '2026-08',
  note: 'the session token is an access token of the full account, and the list is that of its user. The scope of a token cannot be read in the form in which it is set: new tokens get the one of the profile (--option team, --option project), and a rotation needs --allow-loss. How to read a second page of tokens is not documented: a list that has one is an error. A token that is limited to a team or a project may be refused by the call that verifies it. Undocumented: rate limits, and whether names are unique',
  url: 'https://api.vercel.com',
  page: { tokens: 'https://vercel.com/account/tokens', keys: 'https://vercel.com/account/tokens' },
  auth: { header: 'Authorization', scheme: 'Bearer' },
  options: {
    team: { help: 'id of the team to which new tokens are limited' },
    project: { help: 'id of the project to which new tokens are limited' },
  },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  list: { get: '/v6/user/tokens', items: 'tokens' },
  show: { get: '/v5/user/tokens/{id}', key: 'token' },
  create: {
    post: '/v3/user/tokens',
    query: { teamId: '{option.team}' },
    body: {
      name: '{name}',
      expiresAt: '{expiresAt:epochMilliseconds}',
      projectId: '{option.project}',
    },
    key: 'token',
    secret: 'bearerToken',
  },
  revoke: { delete: '/v3/user/tokens/{id}' },
  verify: { get: '/v5/user/tokens/current', id: 'token.id' },
  whoami: {
    get: '/v5/user/tokens/current',
    keyId: 'token.id',
    expiresAt: { at: 'token.expiresAt', as: 'epochMilliseconds', missing: null },
  },
  values: ['vcp_{base62:24-120}'],
  key: {
    id: 'id',
    name: 'name',
    status: [{ at: 'revokedAt', when: 'present', means: 'revoked' }],
    prefix: 'prefix',
    createdAt: { at: 'createdAt', as: 'epochMilliseconds' },
    expiresAt: { at: 'expiresAt', as: 'epochMilliseconds', missing: null },
    lastUsedAt: { at: 'activeAt', as: 'epochMilliseconds' },
  },
};
