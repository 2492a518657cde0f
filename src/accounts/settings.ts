import { usageError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import type { Config, StoredProfile } from './profile.ts';
import { checkProfileName } from './profile.ts';

/*
 * Settings by name, as `keys config` takes them: `currentProfile`, or `profiles.NAME.SETTING`, for which SETTING alone is
 * short where NAME is the profile in use.
 */

/** The settings of a profile that people change. What `keys login` keeps for itself is not among them. */
const profileSettings = ['provider', 'url', 'escrow', 'tokenCommand', 'options'] as const;

/** What `keys login` writes: a token would be looked for where it is not. */
const loginSettings = ['store', 'keptSecrets', 'tokenOrigin'];

/** Where a setting is in the file. */
export type SettingPath = readonly string[];

/**
 * The place of a setting. Throws `KeysError` (2) for a name that is not a setting, with the one that was meant. `profile`:
 * the one in use.
 */
export function settingPath(name: string, profile: string): SettingPath {
  if (name === 'currentProfile') return [name];
  const [first = '', ...rest] = name.split('.');
  if (first !== 'profiles') return [...profilePath(profile), ...profileSetting(name, [first, ...rest])];
  // The name of a profile may have dots.
  const at = rest.findIndex((_, index) => index > 0 && isProfileSetting(rest[index] ?? ''));
  const end = at < 0 ? rest.length - 1 : at;
  const [owner, setting] = [rest.slice(0, end).join('.'), rest.slice(end)];
  if (owner === '') throw notASetting(name);
  return [...profilePath(owner), ...profileSetting(name, setting)];
}

function profilePath(profile: string): string[] {
  checkProfileName(profile);
  return ['profiles', profile];
}

function isProfileSetting(word: string): boolean {
  return [...profileSettings, ...loginSettings].some((setting) => setting === word);
}

function profileSetting(name: string, [setting = '', ...rest]: readonly string[]): string[] {
  if (loginSettings.includes(setting))
    throw usageError(`${setting} is written by keys login alone`, 'keys login');
  const option = rest.join('.');
  const isWhole = setting === 'options' ? rest.length === 0 || option !== '' : rest.length === 0;
  if (!isProfileSetting(setting) || !isWhole || option === '__proto__') throw notASetting(name);
  return option === '' ? [setting] : [setting, option];
}

function notASetting(name: string) {
  const names = ['currentProfile', ...profileSettings];
  return usageError(
    `'${name}' is not a setting${didYouMean(name, names)}; settings are currentProfile and, of a profile, ${profileSettings.join(', ')}`,
    'keys config list',
  );
}

/** A setting and its value as it is in the file. */
export interface Setting {
  name: string;
  value: unknown;
}

/** Every setting in the file that people change. */
export function settingsOf({ currentProfile, profiles }: Config): Setting[] {
  return [
    ...(currentProfile === undefined ? [] : [{ name: 'currentProfile', value: currentProfile }]),
    ...Object.entries(profiles).flatMap(([profile, stored]) =>
      profileSettings.flatMap((setting) => ofProfile(profile, stored, setting)),
    ),
  ];
}

function ofProfile(
  profile: string,
  stored: StoredProfile,
  setting: (typeof profileSettings)[number],
): Setting[] {
  const value = stored[setting];
  const name = `profiles.${profile}.${setting}`;
  if (value === undefined || value === null) return [];
  if (setting !== 'options') return [{ name, value }];
  return Object.entries(value).map(([option, text]) => ({ name: `${name}.${option}`, value: text }));
}

/** The value at a place of the file; undefined if it is not set. */
export function valueAt(config: Config, path: SettingPath): unknown {
  let value: unknown = config;
  for (const name of path) value = Object.hasOwn(Object(value), name) ? Object(value)[name] : undefined;
  return value ?? undefined;
}

/** The value that a text stands for: JSON where the setting is a list or an object, else the text itself. */
export function parseSetting(path: SettingPath, text: string): unknown {
  const setting = path[2];
  if (setting !== 'tokenCommand' && !(setting === 'options' && path.length === 3)) return text;
  try {
    return JSON.parse(text);
  } catch {
    const example =
      setting === 'options' ? `'{"workspace":"search"}'` : `'["op","read","op://vault/item/token"]'`;
    throw usageError(`${setting} is not JSON; expected a value such as ${example}`);
  }
}
