import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import Conf from 'conf';
import { KeysError, systemCode, usageError } from '../base/errors.ts';
import { withPrivateFolder } from '../platform/files/private-folder.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import { faultsIn, invalidConfig, parseConfig, profileSchema, readConfigFile } from './config-file.ts';
import type { StoredProfile } from './profile.ts';
import { checkProfileName } from './profile.ts';
import type { SettingPath } from './settings.ts';

export type ConfigChange =
  | { kind: 'write'; name: string; profile: StoredProfile }
  | { kind: 'remove'; name: string }
  | { kind: 'use'; name: string }
  /** `value` undefined: the setting is removed. */
  | { kind: 'set'; path: SettingPath; value: unknown }
  /** `from`: what the file said when `to` was written. */
  | { kind: 'replace'; from: unknown; to: Record<string, unknown> };

/** Reads, changes and writes the file (0600) while no other process does. False if there was nothing to change. */
export async function changeConfigFile(file: string, change: ConfigChange): Promise<boolean> {
  if (change.kind === 'write' || change.kind === 'use') checkProfileName(change.name);
  try {
    makePrivateFolder(dirname(file));
    return await withPrivateFolder(dirname(file), async () => apply(file, change));
  } catch (error) {
    if (error instanceof KeysError) throw error;
    throw new KeysError({
      code: 'config_not_written',
      message: `${file} could not be written (${systemCode(error) ?? 'unknown error'})`,
      hints: [`ls -ld '${dirname(file)}' '${file}'`],
      cause: error,
    });
  }
}

/** Leaves an invalid file as it is: what it should say is not known. */
function apply(file: string, change: ConfigChange): boolean {
  const currentProfile = existsSync(file) ? readConfigFile(file).config.currentProfile : undefined;
  const conf = open(file);
  if (change.kind === 'use') {
    conf.set('currentProfile', change.name);
    return true;
  }
  if (change.kind === 'set') return setAt(conf, change);
  if (change.kind === 'replace') return replace(conf, change, file);
  const { profiles = {}, ...settings } = conf.store as Settings;
  const { [change.name]: existing, ...others } = profiles;
  if (change.kind === 'write') {
    const unknown = Object.entries(existing ?? {}).filter(([setting]) => !(setting in profileSchema.entries));
    const newProfile = { ...change.profile, ...Object.fromEntries(unknown) };
    conf.store = { ...settings, profiles: { ...others, [change.name]: newProfile } };
    return true;
  }
  if (!Object.hasOwn(profiles, change.name)) return false;
  if (currentProfile === change.name) delete settings.currentProfile;
  conf.store = { ...settings, profiles: others };
  return true;
}

/** Throws `KeysError` (2), and changes nothing, for a value that would make the file invalid. */
function setAt(
  conf: Conf<Record<string, unknown>>,
  { path, value }: Extract<ConfigChange, { kind: 'set' }>,
): boolean {
  const settings = structuredClone(conf.store);
  const before = JSON.stringify(settings);
  let place: Record<string, unknown> = settings;
  for (const name of path.slice(0, -1)) {
    if (!Object.hasOwn(place, name)) {
      if (value === undefined) return false;
      place[name] = {};
    }
    place = place[name] as Record<string, unknown>;
  }
  const last = path.at(-1) ?? '';
  if (value === undefined) delete place[last];
  else place[last] = value;
  const [fault] = faultsIn(settings);
  if (fault !== undefined) throw usageError(`${fault}; nothing was changed`, 'keys config list');
  if (JSON.stringify(settings) === before) return false;
  conf.store = settings;
  return true;
}

/** Throws `KeysError` if another process has changed the file meanwhile. */
function replace(
  conf: Conf<Record<string, unknown>>,
  { from, to }: Extract<ConfigChange, { kind: 'replace' }>,
  file: string,
): boolean {
  if (!isDeepStrictEqual({ ...conf.store }, from)) {
    throw new KeysError({
      code: 'config_not_written',
      message: `another command changed ${file} meanwhile; it is as that command left it`,
      hints: ['keys config edit'],
    });
  }
  if (isDeepStrictEqual(from, to)) return false;
  conf.store = to;
  return true;
}

interface Settings extends Record<string, unknown> {
  profiles?: Record<string, Record<string, unknown>>;
}

function open(file: string): Conf<Record<string, unknown>> {
  try {
    return new Conf({ cwd: dirname(file), configFileMode: 0o600, deserialize: parseConfig });
  } catch (error) {
    throw invalidConfig(file, [error instanceof Error ? error.message : String(error)], error);
  }
}
