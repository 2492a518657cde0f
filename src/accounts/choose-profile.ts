import { usageError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Environment } from '../platform/env.ts';
import { setting } from '../platform/env.ts';
import type { Config, Profile, StoredProfile } from './profile.ts';
import { localProvider } from './profile.ts';

export interface ProfileRequest {
  profile: string | undefined;
  provider: string | undefined;
  url: string | undefined;
  /** The database of the embedded authority, unless a profile or a URL names one. */
  database?: string | undefined;
}

/**
 * The profile that flags, environment or configuration name, in this order. A provider without a profile gets the profile
 * of its own name. Throws `KeysError` (2) for a profile that does not exist, unless a provider is named.
 */
export function chooseProfile(config: Config, env: Environment, request: ProfileRequest): Profile {
  const profile = named(config, env, request);
  const isDefault = profile.provider === localProvider.id && profile.url === null;
  return isDefault ? { ...profile, url: request.database ?? null } : profile;
}

function named(config: Config, env: Environment, request: ProfileRequest): Profile {
  const provider = request.provider ?? setting(env, 'KEYS_PROVIDER');
  const url = request.url ?? setting(env, 'KEYS_URL');
  const profiles: Config['profiles'] = {
    local: { provider: localProvider.id, url: null },
    ...config.profiles,
  };
  const name = chooseName(config, profiles, request.profile ?? setting(env, 'KEYS_PROFILE'), provider);
  const storedProfile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (storedProfile && (provider === undefined || provider === storedProfile.provider)) {
    return { ...withoutForeignToken(storedProfile, url), name, url: url ?? storedProfile.url };
  }
  if (provider === undefined) {
    throw usageError(
      `there is no profile '${name}'${didYouMean(name, Object.keys(profiles))}`,
      'keys profile list',
      `keys login --profile ${shellWord(name)} --provider ID`,
    );
  }
  return { name, provider, url: url ?? null };
}

/** A program that prints a token does so for the URL in its profile, and for no other origin. */
function withoutForeignToken(storedProfile: StoredProfile, url: string | undefined): StoredProfile {
  if (url === undefined || originOf(url) === originOf(storedProfile.url ?? '')) return storedProfile;
  const { tokenCommand: _, ...rest } = storedProfile;
  return rest;
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

function chooseName(
  config: Config,
  profiles: Config['profiles'],
  requestedName: string | undefined,
  provider: string | undefined,
): string {
  const name = requestedName ?? config.currentProfile ?? localProvider.id;
  const isFit =
    requestedName !== undefined || provider === undefined || profiles[name]?.provider === provider;
  return isFit ? name : provider;
}
