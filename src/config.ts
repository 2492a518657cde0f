import { existsSync } from 'node:fs';

/** A named connection to one provider. */
export interface Profile {
  readonly name: string;
  readonly provider: string;
  readonly url: string | null;
}

/** Settings of the user, from `config/config.json`. */
export interface Config {
  /** The profile to use where neither flag nor environment says. */
  readonly currentProfile: string | undefined;
  readonly profiles: Readonly<Record<string, Omit<Profile, 'name'>>>;
}

/**
 * Reads the file; one that is not there says nothing, and costs nothing to read. Throws `KeysError` where it is not
 * what it should be.
 */
export async function readConfig(file: string): Promise<Config> {
  if (!existsSync(file)) return { currentProfile: undefined, profiles: {} };
  return (await import('./config-file.ts')).readConfigFile(file);
}
