import type { Provider } from '../declaration/provider.ts';
import { gitlabScopes, gitlabToken, gitlabVerification } from './gitlab-token.ts';

export const gitlabGroup: Provider = {
  id: 'gitlab-group',
  name: 'GitLab group access tokens',
  docs: 'GitLab Group access tokens API, https://docs.gitlab.com/api/group_access_tokens/',
  asOf: '2026-11',
  note: 'a new token has the access level that the API gives by default, Maintainer (40); a rotated one keeps its own. Revoked tokens stay in the list',
  url: 'https://gitlab.com/api/v4',
  auth: { header: 'PRIVATE-TOKEN' },
  options: { group: { help: 'id or path of the group, such as group/subgroup', required: true } },
  capabilities: { overlap: 'client', expiry: 'any', expiryRequired: true, uniqueNames: false, maxKeys: null },
  permissions: gitlabScopes,
  list: {
    get: '/groups/{option.group}/access_tokens',
    items: '',
    paging: { by: 'link', limit: 'per_page', size: 100 },
  },
  show: { get: '/groups/{option.group}/access_tokens/{id}' },
  create: {
    post: '/groups/{option.group}/access_tokens',
    body: {
      name: '{name}',
      description: '{description}',
      scopes: '{permissions}',
      expires_at: '{expiresAt:date}',
      access_level: '{kept.accessLevel}',
    },
    key: '',
    secret: 'token',
  },
  revoke: { delete: '/groups/{option.group}/access_tokens/{id}' },
  verify: gitlabVerification,
  key: { ...gitlabToken, kept: { accessLevel: 'access_level' } },
};
