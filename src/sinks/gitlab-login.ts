import type { Environment } from '../platform/env.ts';

/** A login of the environment that a program would send to a host it is not for. */
export interface StrayLogin {
  variable: string;
  /** The host that the place names. */
  host: string;
  /** The host that the login is for. */
  loginHost: string;
}

/**
 * glab takes the first of at least three parts of a project for a host if it is gitlab.com or one that it knows, and sends a
 * token of the environment to every host: internal/glrepo and internal/config in gitlab.com/gitlab-org/cli.
 */
export function strayGitLabLogin(env: Environment, project: string): StrayLogin | undefined {
  const [first = '', ...rest] = project.split('/');
  if (rest.length < 2 || !first.includes('.')) return undefined;
  const logsInByJob = env.GLAB_ENABLE_CI_AUTOLOGIN === 'true' && env.GITLAB_CI === 'true';
  const set = (names: readonly string[]) => names.find((name) => env[name]);
  const variable = set([...tokenVariables, ...(logsInByJob ? ['CI_JOB_TOKEN'] : [])]);
  const hostVariable = set([...hostVariables, ...(logsInByJob ? ['CI_SERVER_FQDN'] : [])]);
  const loginHost = hostOf((hostVariable && env[hostVariable]) || 'gitlab.com');
  const host = first.toLowerCase();
  return variable === undefined || host === loginHost ? undefined : { variable, host, loginHost };
}

const tokenVariables = ['GITLAB_TOKEN', 'GITLAB_ACCESS_TOKEN', 'OAUTH_TOKEN', 'JOB_TOKEN'];
const hostVariables = ['GITLAB_HOST', 'GITLAB_URI', 'GL_HOST'];

/** `https://gitlab.example.com:8443/` → `gitlab.example.com`: the name of a place has no port. */
function hostOf(text: string): string {
  return text
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/[:/].*$/s, '')
    .toLowerCase();
}
