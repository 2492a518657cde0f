import type { Provider } from '../declaration/provider.ts';
import { gitlabAccessTokens } from './gitlab-token.ts';

export const gitlabGroup: Provider = {
  ...gitlabAccessTokens('/groups/{option.group}'),
  id: 'gitlab-group',
  name: 'GitLab group access tokens',
  docs: 'GitLab Group access tokens API, https://docs.gitlab.com/api/group_access_tokens/',
  note: 'a new token has the access level that the API gives by default, Maintainer (40); a rotated one keeps its own. Revoked tokens stay in the list',
  options: { group: { help: 'id or path of the group, such as group/subgroup', required: true } },
};
