import type { Provider } from '../declaration/provider.ts';
import { gitlabAccessTokens } from './gitlab-token.ts';

export const gitlab: Provider = {
  ...gitlabAccessTokens('/projects/{option.project}'),
  id: 'gitlab',
  name: 'GitLab project access tokens',
  docs: 'GitLab Project access tokens API, https://docs.gitlab.com/api/project_access_tokens/',
  note: 'tokens of a group: gitlab-group; of a user: gitlab-personal, or gitlab-user for administrators. A new token has the access level that the API gives by default, Maintainer (40); a rotated one keeps its own. Revoked tokens stay in the list',
  options: { project: { help: 'id or path of the project, such as group/project', required: true } },
  rotate: {
    post: '/projects/{option.project}/access_tokens/{id}/rotate',
    body: { expires_at: '{expiresAt:date}' },
    expiry: 'reset',
    key: '',
    secret: 'token',
  },
};
