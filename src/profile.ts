import type { Config, Profile } from './config.ts';
import type { Environment } from './env.ts';
import { setting } from './env.ts';
import { usageError } from './errors.ts';

/** The provider behind the profile `local`: the embedded authority, in this process. */
export const localProvider = {
  id: 'local',
  name: 'Embedded authority',
  summary: 'keys issued on this machine, in a file of your own; no account, no server, no login',
} as const;

/** Providers by id. */
export const providers = [localProvider];

export interface ProfileRequest {
  profile: string | undefined;
  provider: string | undefined;
  url: string | undefined;
}

/**
 * The connection to use: `--profile`, else `KEYS_PROFILE`, else the current one, else `local`; its provider and URL can
 * be overridden. Throws `KeysError` (2) for a profile or provider that does not exist.
 */
export function chooseProfile(config: Config, env: Environment, request: ProfileRequest): Profile {
  const name = request.profile ?? setting(env, 'KEYS_PROFILE') ?? config.currentProfile ?? localProvider.id;
  const local = { provider: localProvider.id, url: null };
  const known: Config['profiles'] = { [localProvider.id]: local, ...config.profiles };
  const profile = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!profile)
    throw usageError(`there is no profile '${name}'`, `profiles: ${Object.keys(known).join(', ')}`);
  const provider = request.provider ?? setting(env, 'KEYS_PROVIDER') ?? profile.provider;
  const url = request.url ?? setting(env, 'KEYS_URL') ?? profile.url;
  const problems: string[] = [];
  if (!providers.some(({ id }) => id === provider)) problems.push(`there is no provider '${provider}'`);
  if (provider === localProvider.id && url !== null) {
    problems.push(`the provider ${provider} runs in this process and has no URL`);
  }
  if (problems.length > 0) throw usageError(problems, 'keys provider list');
  return { name, provider, url };
}
