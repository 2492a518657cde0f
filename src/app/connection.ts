import type { Profile } from '../accounts/profile.ts';
import { usageError } from '../base/errors.ts';
import { parseBaseUrl } from '../http/base-url.ts';
import type { Environment } from '../platform/env.ts';
import { optionVariable } from '../platform/env.ts';
import { findProvider } from '../providers/catalog.ts';
import type { Provider } from '../providers/declaration/provider.ts';

/** A profile whose provider is an API, ready to be called. */
export interface Connection {
  profile: Profile;
  provider: Provider;
  url: URL;
  /** Settings of the provider's own, such as the project whose tokens are meant. */
  options: Readonly<Record<string, string>>;
}

/**
 * Where a profile's provider is reached. Throws `KeysError` (2) for a provider that does not exist, a URL that is
 * missing or must not be used, and a setting that is missing or unknown; all at once.
 */
export async function openConnection(
  profile: Profile,
  providerFolder: string,
  env: Environment,
): Promise<Connection> {
  const provider = await findProvider(profile.provider, providerFolder);
  if (!provider) {
    const { unknownProvider } = await import('./unknown-provider.ts');
    throw await unknownProvider(profile.provider, providerFolder);
  }
  const problems: string[] = [];
  const url = profile.url ?? provider.url;
  if (url === undefined) problems.push(`the provider ${provider.id} has no default URL; pass --url`);
  const options = { ...optionsInEnvironment(env, provider), ...profile.options };
  problems.push(...optionProblems(provider, options));
  if (problems.length > 0 || url === undefined)
    throw usageError(problems, `keys provider show ${provider.id}`);
  return { profile, provider, url: parseBaseUrl(url), options };
}

/** What is wrong with the settings of a profile. */
function optionProblems(provider: Provider, options: Readonly<Record<string, string>>): string[] {
  const declaredOptions = provider.options ?? {};
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(declaredOptions, name));
  const missing = Object.entries(declaredOptions).filter(
    ([name, { required }]) => required && !options[name],
  );
  return [
    ...unknown.map((name) => `--option ${name}: the provider ${provider.id} has no such setting`),
    ...missing.map(([name, { help }]) => `the provider ${provider.id} needs --option ${name}=VALUE: ${help}`),
  ];
}

/** `KEYS_OPTION_PROJECT=group/app`, for a CI job without a stored profile. */
function optionsInEnvironment(env: Environment, { options = {} }: Provider): Record<string, string> {
  const entries = Object.keys(options).flatMap((name) => {
    const value = env[optionVariable(name)];
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}
