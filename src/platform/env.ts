/** The environment variables that `keys` reads, with what `keys help environment` says of them. */
export const environment = {
  KEYS_HOME: "a single folder for config, data and state (default: the platform's own folders)",
  KEYS_PROFILE: 'the profile to use; --profile overrides it',
  KEYS_PROVIDER: 'the provider to use; --provider overrides it',
  KEYS_URL: "the provider's URL; --url overrides it",
  KEYS_DB: "the authority's database: a file, or a PostgreSQL URL (default: a file below data)",
  KEYS_TOKEN: 'the session token; overrides any stored token',
  KEYS_TOKEN_FILE: 'a file whose first line is the session token',
  KEYS_NO_INPUT: 'any value: never prompt',
  KEYS_DEBUG: 'any value: same as --debug',
  KEYS_PAGER: 'the pager for long output on a terminal; overrides PAGER (default: less; cat: none)',
  NO_COLOR: 'any value: no colour',
  FORCE_COLOR: 'use colour even if stdout is not a terminal (0: never)',
  CI: 'any value except false and 0: never prompt, and print no secret by default, even on a terminal',
  GITHUB_ACTIONS: 'true: mask a new secret in the log before doing anything else with it',
} as const;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable of a secret that a provider's declaration names. */
export function secretVariable(name: string): string {
  return `KEYS_${name.toUpperCase()}`;
}

/** The variable that sets an option of a provider, for a CI job without a stored profile. */
export function optionVariable(name: string): string {
  return `KEYS_OPTION_${name.toUpperCase()}`;
}

/** The value of a variable; an empty one counts as not set. */
export function setting(env: Environment, name: keyof typeof environment): string | undefined {
  return env[name] || undefined;
}

/**
 * The environment as another program may see it. Of the variables of `keys` only those that hold no secret: a provider's
 * declaration may name others, such as a password or a one-time password.
 */
export function withoutSecrets(env: Environment): Environment {
  const harmless = new Set<string>(Object.keys(environment).filter((name) => name !== 'KEYS_TOKEN'));
  const isSafe = (name: string) => !name.startsWith('KEYS_') || harmless.has(name);
  // On Windows, KEYS_TOKEN and keys_token are the same variable.
  return Object.fromEntries(Object.entries(env).filter(([name]) => isSafe(name.toUpperCase())));
}

/** The environment without profile, provider, URL and session token, to work with another profile. */
export function withoutPlace(env: Environment): Environment {
  return without(env, ['KEYS_PROFILE', 'KEYS_PROVIDER', 'KEYS_URL', 'KEYS_TOKEN', 'KEYS_TOKEN_FILE']);
}

function without(env: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/**
 * Variables that coding agents set for the programs they run, according to their documentation or source. Variables that
 * an editor also sets for people are not among them.
 */
export const agentMarkers = [
  'AI_AGENT',
  'AUGMENT_AGENT',
  'CLAUDECODE',
  'CLINE_ACTIVE',
  'CODEX_SANDBOX',
  'CODEX_THREAD_ID',
  'CURSOR_AGENT',
  'GEMINI_CLI',
  'GOOSE_TERMINAL',
  'OPENCODE',
] as const;

/** Variables that CI systems set for the programs they run; most of them set CI. */
const ciMarkers = [
  'CI',
  'CONTINUOUS_INTEGRATION',
  'GITHUB_ACTIONS',
  'TF_BUILD',
  'JENKINS_URL',
  'TEAMCITY_VERSION',
];

/** The variable that a CI system has set, or undefined. `CI=false` and `CI=0` mean that there is none, as in is-in-ci. */
export function ciIn(env: Environment): string | undefined {
  if (env.CI === 'false' || env.CI === '0') return undefined;
  return ciMarkers.find((name) => env[name] && env[name] !== 'false' && env[name] !== '0');
}

/** The variable that a coding agent has set, or undefined. */
export function agentIn(env: Environment): string | undefined {
  return agentMarkers.find((name) => env[name]);
}
