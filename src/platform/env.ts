/** The environment variables that `keys` reads, with what `keys help environment` says of them. */
export const environment = {
  KEYS_HOME: "one folder for config, data and state; default: the platform's own folders",
  KEYS_PROFILE: 'the profile to use, where --profile does not say',
  KEYS_PROVIDER: 'the provider to use, where --provider does not say',
  KEYS_URL: "the provider's URL, where --url does not say",
  KEYS_TOKEN: 'the session token; goes before every place where one is kept',
  KEYS_TOKEN_FILE: 'a file whose first line is the session token',
  KEYS_NO_INPUT: 'any value: never prompt',
  KEYS_DEBUG: 'any value: as --debug',
  NO_COLOR: 'any value: no colour',
  FORCE_COLOR: 'colour even where stdout is no terminal (0: none)',
  CI: 'any value but false and 0: never prompt, and print no secret by default, on a terminal neither',
  GITHUB_ACTIONS: 'true: a new secret is registered for masking before anything else',
} as const;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set to something; an empty one counts as not set. */
export function setting(env: Environment, name: keyof typeof environment): string | undefined {
  return env[name] || undefined;
}

/**
 * The environment as another program may see it. Of our own variables only those that are known to hold no secret: a
 * provider's declaration may name others, such as a password or a one-time password.
 */
export function withoutSecrets(env: Environment): Environment {
  const harmless = new Set<string>(Object.keys(environment).filter((name) => name !== 'KEYS_TOKEN'));
  const isPassedOn = (name: string) => !name.startsWith('KEYS_') || harmless.has(name);
  // Windows takes KEYS_TOKEN and keys_token for one variable.
  return Object.fromEntries(Object.entries(env).filter(([name]) => isPassedOn(name.toUpperCase())));
}

/** The environment without what it says about profiles and session tokens: those of another profile are meant. */
export function withoutPlace(env: Environment): Environment {
  return without(env, ['KEYS_PROFILE', 'KEYS_PROVIDER', 'KEYS_URL', 'KEYS_TOKEN', 'KEYS_TOKEN_FILE']);
}

function without(env: Environment, names: readonly string[]): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/**
 * Variables that coding agents set for the programs they run, each as its documentation or its source has it. Those that
 * an editor sets for its people as well are not among them.
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

/** The variable that tells of a CI system, or undefined. `false` and `0` say that it is none, as is-in-ci reads them. */
export function ciIn(env: Environment): string | undefined {
  if (env.CI === 'false' || env.CI === '0') return undefined;
  return ciMarkers.find((name) => env[name] && env[name] !== 'false' && env[name] !== '0');
}

/** The variable that tells of a coding agent at work, or undefined. */
export function agentIn(env: Environment): string | undefined {
  return agentMarkers.find((name) => env[name]);
}
