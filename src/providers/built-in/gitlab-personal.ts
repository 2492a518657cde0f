import type { Provider } from '../declaration/provider.ts';
import { gitlabToken, gitlabValues, gitlabVerification, gitlabWhoami } from './gitlab-token.ts';

export const gitlabPersonal: Provider = {
  id: 'gitlab-personal',
  name: 'GitLab personal access tokens of your own',
  docs: 'GitLab Personal access tokens API, https://docs.gitlab.com/api/personal_access_tokens/',
  asOf: '2026-11',
  note: 'the API creates no personal tokens except for administrators (gitlab-user). It rotates in place: the old token stops at once, and rotating a revoked token revokes its whole family. Revoked tokens stay in the list',
  url: 'https://gitlab.com/api/v4',
  page: {
    tokens: 'https://gitlab.com/-/user_settings/personal_access_tokens',
    keys: 'https://gitlab.com/-/user_settings/personal_access_tokens',
  },
  console: 'GitLab, in the settings of your user',
  auth: { header: 'PRIVATE-TOKEN' },
  options: { user: { help: 'id of your user, a number', required: true } },
  capabilities: { overlap: 'none', expiry: 'any', expiryRequired: true, uniqueNames: false, maxKeys: null },
  list: {
    get: '/personal_access_tokens',
    query: { user_id: '{option.user}' },
    items: '',
    paging: { by: 'link', limit: 'per_page', size: 100 },
  },
  show: { get: '/personal_access_tokens/{id}' },
  rotate: {
    post: '/personal_access_tokens/{id}/rotate',
    body: { expires_at: '{expiresAt:date}' },
    expiry: 'reset',
    key: '',
    secret: 'token',
  },
  revoke: { delete: '/personal_access_tokens/{id}' },
  verify: gitlabVerification,
  whoami: gitlabWhoami,
  values: gitlabValues,
  key: gitlabToken,
};
