import { changeSetting } from '../accounts/config.ts';
import type { Profile } from '../accounts/profile.ts';
import { isEmbedded, localProvider } from '../accounts/profile.ts';
import type { SettingPath } from '../accounts/settings.ts';
import { KeysError, usageError } from '../base/errors.ts';
import type { Context } from './context.ts';

/** Sets one setting, or removes it (undefined), unless the profile could not be used with it: exit 2, nothing is changed. */
export async function changeSettingOf(context: Context, path: SettingPath, value: unknown): Promise<boolean> {
  const { profiles } = await context.config();
  const [first, name = ''] = path;
  if (first === 'profiles') {
    if (name === localProvider.id)
      throw usageError(
        `the profile ${name} is the embedded authority and has no settings`,
        'keys profile list',
      );
    const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    if (!profile) throw usageError(`there is no profile '${name}'`, 'keys profile list');
    const changedProfile = { ...changed(profile, path.slice(2), value), name };
    await requireUsable(context, changedProfile);
    if (path[2] !== 'tokenCommand') await requireSameOrigin(context, { ...profile, name }, changedProfile);
  } else if (value !== undefined && value !== localProvider.id && !Object.hasOwn(profiles, String(value))) {
    throw usageError(`there is no profile '${value}'`, 'keys profile list');
  }
  context.startMutation();
  return changeSetting(context.paths.configFile, path, value);
}

function changed(
  profile: object,
  [setting = '', option]: SettingPath,
  value: unknown,
): Omit<Profile, 'name'> {
  const settings = { ...profile } as Omit<Profile, 'name'> & Record<string, unknown>;
  if (option !== undefined) return { ...settings, options: { ...settings.options, [option]: String(value) } };
  return { ...settings, [setting]: value ?? (setting === 'url' ? null : undefined) };
}

/** A program that prints a token does so for the URL in its profile. Throws `KeysError` (2) if another origin would get it. */
async function requireSameOrigin(context: Context, profile: Profile, changedProfile: Profile): Promise<void> {
  const { name, tokenCommand } = profile;
  const before = tokenCommand && (await originOf(context, profile));
  if (before === undefined || before === (await originOf(context, changedProfile))) return;
  throw usageError(
    `the profile ${name} would move to another origin, but its tokenCommand prints a token for ${before}; nothing was changed`,
    `keys config unset profiles.${name}.tokenCommand`,
  );
}

/** Undefined: the profile cannot be used as it is, so its token was sent nowhere. */
async function originOf(context: Context, profile: Profile): Promise<string | undefined> {
  if (isEmbedded(profile)) return undefined;
  const { openConnection } = await import('./connection.ts');
  try {
    return (await openConnection(profile, context.paths.providers, {})).url.origin;
  } catch (error) {
    if (error instanceof KeysError) return undefined;
    throw error;
  }
}

/** Throws `KeysError` (2) for a provider that does not exist, a URL that must not be used, and options it does not have. */
async function requireUsable(context: Context, profile: Profile): Promise<void> {
  if (typeof profile.provider !== 'string' || isEmbedded(profile)) return;
  const { openConnection } = await import('./connection.ts');
  await openConnection(profile, context.paths.providers, {});
}
