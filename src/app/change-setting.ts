import { changeSetting } from '../accounts/config.ts';
import type { Profile } from '../accounts/profile.ts';
import { isEmbedded, localProvider } from '../accounts/profile.ts';
import type { SettingPath } from '../accounts/settings.ts';
import { usageError } from '../base/errors.ts';
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
    await requireUsable(context, { ...changed(profile, path.slice(2), value), name });
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

/** Throws `KeysError` (2) for a provider that does not exist, a URL that must not be used, and options it does not have. */
async function requireUsable(context: Context, profile: Profile): Promise<void> {
  if (typeof profile.provider !== 'string' || isEmbedded(profile)) return;
  const { openConnection } = await import('./connection.ts');
  await openConnection(profile, context.paths.providers, {});
}
