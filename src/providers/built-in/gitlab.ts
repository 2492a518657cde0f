import type { Provider } from '../declaration/provider.ts';
import { gitlabScopes, gitlabToken, gitlabVerification } from './gitlab-token.ts';

export const gitlab: Provider = {
  id: 'gitlab',
  name: 'GitLab project access tokens',
  docs: 'GitLab Project access tokens API, https://docs.gitlab.com/api/project_access_tokens/',
  asOf: '2026-11',
  note: 'tokens of a group: gitlab-group; of a user: gitlab-personal, or gitlab-user for administrators. A new token has the access level that the API gives by default, Maintainer (40); a rotated one keeps its own. Revoked tokens stay in the list',
  url: 'https://gitlab.com/api/v4',
  auth: { header: 'PRIVATE-TOKEN' },
  options: { project: { help: 'id or path of the project, such as group/project', required: true } },
  capabilities: { overlap: 'client', expiry: 'any', expiryRequired: true, uniqueNames: false, maxKeys: null },
  permissions: gitlabScopes,
  list: {
    get: '/projects/{option.project}/access_tokens',
    items: '',
    paging: { by: 'link', limit: 'per_page', size: 100 },
  },
  show: { get: '/projects/{option.project}/access_tokens/{id}' },
  create: {
    post: '/projects/{option.project}/access_tokens',
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
  rotate: {
    post: '/projects/{option.project}/access_tokens/{id}/rotate',
    body: { expires_at: '{expiresAt:date}' },
    expiry: 'reset',
    key: '',
    secret: 'token',
  },
  revoke: { delete: '/projects/{option.project}/access_tokens/{id}' },
  verify: gitlabVerification,
  key: { ...gitlabToken, kept: { accessLevel: 'access_level' } },
};
