import type { Provider } from '../declaration/provider.ts';

/** User tokens and account-owned tokens differ in their path only. */
function cloudflareTokens(
  path: string,
  { id, name, options, values }: Pick<Provider, 'id' | 'name' | 'options'> & { values: string[] },
): Provider {
  // A change replaces the whole token.
  const token = {
    name: '{name}',
    policies: '{kept.policies}',
    condition: '{kept.condition}',
    not_before: '{kept.notBefore}',
    expires_on: '{expiresAt:iso}',
  };
  return {
    id,
    name,
    docs: 'Cloudflare TypeScript SDK 7.3.0 and API, https://developers.cloudflare.com/fundamentals/api/how-to/create-via-api',
    asOf: '2026-11',
    note: 'permissions are ids of permission groups: keys api GET /user/tokens/permission_groups; those of policies that deny are shown too',
    url: 'https://api.cloudflare.com/client/v4',
    page: { tokens: 'https://dash.cloudflare.com/profile/api-tokens' },
    auth: { header: 'Authorization', scheme: 'Bearer' },
    options: {
      ...options,
      resources: {
        help: 'what a new key may reach, as JSON: {"com.cloudflare.api.account.zone.ID":"*"}',
      },
    },
    capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
    list: {
      get: path,
      query: { include_expired: 'true' },
      items: 'result',
      whole: true,
      paging: { by: 'page', page: 'page', limit: 'per_page', size: 50, total: 'result_info.total_count' },
    },
    show: { get: `${path}/{id}`, key: 'result' },
    create: {
      post: path,
      body: {
        ...token,
        policies: {
          '{either}': [
            '{kept.policies}',
            [
              {
                effect: 'allow',
                permission_groups: [{ id: '{permissions:each}' }],
                resources: '{option.resources:json}',
              },
            ],
          ],
        },
      },
      key: 'result',
      secret: 'result.value',
    },
    update: { put: `${path}/{id}`, body: { ...token, status: '{kept.status}' }, key: 'result' },
    disable: { put: `${path}/{id}`, body: { ...token, status: 'disabled' } },
    enable: { put: `${path}/{id}`, body: { ...token, status: 'active' } },
    revoke: { delete: `${path}/{id}` },
    verify: {
      get: `${path}/verify`,
      id: 'result.id',
      verdict: {
        at: 'result.status',
        words: { active: 'ok', disabled: 'invalid', expired: 'expired' },
      },
    },
    whoami: {
      get: `${path}/verify`,
      keyId: 'result.id',
      expiresAt: { at: 'result.expires_on', missing: null },
    },
    values,
    key: {
      id: 'id',
      name: 'name',
      status: [{ at: 'status', words: { active: 'active', disabled: 'disabled', expired: 'expired' } }],
      createdAt: 'issued_on',
      expiresAt: { at: 'expires_on', missing: null },
      lastUsedAt: 'last_used_on',
      permissions: { at: 'policies', item: 'permission_groups.*.id' },
      kept: { policies: 'policies', condition: 'condition', notBefore: 'not_before', status: 'status' },
      harmless: ['status'],
    },
    errors: { message: 'errors.0.message', code: 'errors.0.code' },
  };
}

export const cloudflare = cloudflareTokens('/user/tokens', {
  id: 'cloudflare',
  name: 'Cloudflare user API tokens',
  // https://developers.cloudflare.com/fundamentals/api/get-started/token-formats; older tokens have no prefix.
  values: ['cfut_{base62:40}{hex:8}'],
});

export const cloudflareAccount = cloudflareTokens('/accounts/{option.account}/tokens', {
  id: 'cloudflare-account',
  name: 'Cloudflare account API tokens',
  values: ['cfat_{base62:40}{hex:8}'],
  options: { account: { help: 'id of the account', required: true } },
});
