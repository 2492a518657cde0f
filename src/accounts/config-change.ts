import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import Conf from 'conf';
import { KeysError, systemCode } from '../base/errors.ts';
import { withPrivateFolder } from '../platform/files/private-folder.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import { invalidConfig, parseConfig, profileSchema, readConfigFile } from './config-file.ts';
import type { StoredProfile } from './profile.ts';
import { checkProfileName } from './profile.ts';

export type ConfigChange =
  | { kind: 'write'; name: string; profile: StoredProfile }
  | { kind: 'remove'; name: string }
  | { kind: 'use'; name: string };

/** Reads, changes and writes the file (0600) while no other process does. False if there was nothing to change. */
export async function changeConfigFile(file: string, change: ConfigChange): Promise<boolean> {
  if (change.kind !== 'remove') checkProfileName(change.name);
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
