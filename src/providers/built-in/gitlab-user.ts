import type { Provider } from '../declaration/provider.ts';
import { gitlabScopes, gitlabToken, gitlabValues, gitlabVerification, gitlabWhoami } from './gitlab-token.ts';

export const gitlabUser: Provider = {
  id: 'gitlab-user',
  name: 'GitLab personal access tokens of a user, for administrators',
  docs: 'GitLab Personal access tokens API and User tokens API, https://docs.gitlab.com/api/user_tokens/',
  asOf: '2026-11',
  note: 'for an instance of your own: only its administrators may create a token for a user. Revoked tokens stay in the list',
  auth: { header: 'PRIVATE-TOKEN' },
  options: { user: { help: 'id of the user, a number', required: true } },
  capabilities: { overlap: 'client', expiry: 'any', uniqueNames: false, maxKeys: null },
  permissions: gitlabScopes,
  list: {
    get: '/personal_access_tokens',
    query: { user_id: '{option.user}' },
    items: '',
    paging: { by: 'link', limit: 'per_page', size: 100 },
  },
  show: { get: '/personal_access_tokens/{id}' },
  create: {
    post: '/users/{option.user}/personal_access_tokens',
    body: {
      name: '{name}',
      description: '{description}',
      scopes: '{permissions}',
      expires_at: '{expiresAt:date}',
    },
    key: '',
    secret: 'token',
  },
  revoke: { delete: '/personal_access_tokens/{id}' },
  verify: gitlabVerification,
  whoami: gitlabWhoami,
  values: gitlabValues,
  key: gitlabToken,
};
