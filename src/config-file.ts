import { dirname } from 'node:path';
import Conf from 'conf';
import * as v from 'valibot';
import type { Config, StoredProfile } from './config.ts';
import { checkProfileName, isProfileName, profileNameRule } from './config.ts';
import { KeysError, systemCode } from './errors.ts';
import { withPrivateFolder } from './files/private-folder.ts';
import { makePrivateFolder } from './paths.ts';

const profile = v.object({
  provider: v.string(),
  url: v.optional(v.nullable(v.string()), null),
  store: v.exactOptional(v.picklist(['keychain', 'file'])),
  tokenCommand: v.exactOptional(
    v.pipe(
      v.array(v.string()),
      v.check(([program]) => Boolean(program), 'the first entry must be a program'),
    ),
  ),
  options: v.exactOptional(v.record(v.string(), v.string())),
  escrow: v.exactOptional(v.literal('file')),
});

const schema = v.object({
  currentProfile: v.optional(v.string()),
  profiles: v.optional(v.record(v.pipe(v.string(), v.check(isProfileName, profileNameRule)), profile), {}),
});

/** Reads an existing file. Throws `KeysError` that names every fault with its path. */
export function readConfigFile(file: string): Config {
  return validated(file, open(file));
}

export type ConfigChange =
  | { kind: 'write'; name: string; profile: StoredProfile }
  | { kind: 'remove'; name: string }
  | { kind: 'use'; name: string };

/** Reads, changes and writes the file (0600) while no other process does. False: there was nothing to change. */
export async function changeConfigFile(file: string, change: ConfigChange): Promise<boolean> {
  if (change.kind !== 'remove') checkProfileName(change.name);
  try {
    makePrivateFolder(dirname(file));
    return await withPrivateFolder(dirname(file), async () => applied(file, change));
  } catch (error) {
    if (error instanceof KeysError) throw error;
    throw new KeysError({
      exit: 'failed',
      code: 'config_not_written',
      message: `${file} could not be written (${systemCode(error) ?? 'unknown error'})`,
      hints: [`ls -ld '${dirname(file)}' '${file}'`],
      cause: error,
    });
  }
}

/** A faulty file is left as it is: what it was meant to say is not known. */
function applied(file: string, change: ConfigChange): boolean {
  const conf = open(file);
  const { currentProfile } = validated(file, conf);
  if (change.kind === 'use') {
    conf.set('currentProfile', change.name);
    return true;
  }
  const { profiles = {}, ...settings } = conf.store as Settings;
  const { [change.name]: existing, ...others } = profiles;
  if (change.kind === 'write') {
    const unknown = Object.entries(existing ?? {}).filter(([setting]) => !(setting in profile.entries));
    const written = { ...change.profile, ...Object.fromEntries(unknown) };
    conf.store = { ...settings, profiles: { ...others, [change.name]: written } };
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
    return new Conf({ cwd: dirname(file), configFileMode: 0o600 });
  } catch (error) {
    throw faulty(file, [error instanceof Error ? error.message : String(error)], error);
  }
}

function validated(file: string, conf: Conf<Record<string, unknown>>): Config {
  const result = v.safeParse(schema, conf.store);
  if (result.success) return { currentProfile: undefined, ...result.output };
  throw faulty(
    file,
    result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`),
  );
}

function faulty(file: string, problems: readonly string[], cause?: unknown): KeysError {
  return new KeysError({
    exit: 'failed',
    code: 'config_faulty',
    message: `${file} is not a valid configuration: ${problems.join('; ')}`,
    hints: ['mend the file, or move it away to start afresh'],
    cause,
  });
}
