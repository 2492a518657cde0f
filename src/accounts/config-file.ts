import { closestMatch } from 'leven';
import * as v from 'valibot';
import { KeysError } from '../base/errors.ts';
import { readBounded, readFault, textOf } from '../platform/files/read-file.ts';
import type { Config } from './profile.ts';
import { isProfileName, profileNameRule } from './profile.ts';

/** A stored profile. */
export const profile = v.object({
  provider: v.string(),
  url: v.optional(v.nullable(v.string()), null),
  store: v.exactOptional(v.picklist(['keychain', 'file'])),
  tokenOrigin: v.exactOptional(v.string()),
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

/**
 * Reads an existing file; `unknown` is what to say of names in it that are no setting. Throws `KeysError` that names every
 * fault with its path.
 */
export function readConfigFile(file: string): { config: Config; unknown: string[] } {
  const settings = read(file);
  return { config: validated(file, settings), unknown: unknownSettings(settings) };
}

/** Far more than settings ever need. */
const maxBytes = 1024 * 1024;

function read(file: string): unknown {
  try {
    return parsed(textOf(readBounded(file, { maxBytes })));
  } catch (error) {
    if (error instanceof SyntaxError) throw faulty(file, [error.message], error);
    throw new KeysError({
      code: 'config_unreadable',
      message: `${file} cannot be read (${readFault(error)})`,
      hints: [`ls -l '${file}'`],
      cause: error,
    });
  }
}

/** The content of a file, with or without a byte order mark. */
export function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

/** What to say of names that are no setting: most often typing errors. */
function unknownSettings(settings: unknown): string[] {
  const { profiles } = Object(settings);
  const ofProfiles = Object.entries(Object(profiles)).flatMap(([name, one]) =>
    strangers(one, Object.keys(profile.entries), `profiles.${name}.`),
  );
  return [...strangers(settings, ['$schema', ...Object.keys(schema.entries)], ''), ...ofProfiles];
}

function strangers(value: unknown, known: string[], path: string): string[] {
  const names = Object.keys(Object(value)).filter((name) => !known.includes(name));
  return names.map((name) => {
    const near = closestMatch(name, known, { maxDistance: 3 });
    return `${path}${name} is no setting, and is ignored${near ? ` (did you mean ${near}?)` : ''}`;
  });
}

function validated(file: string, settings: unknown): Config {
  const result = v.safeParse(schema, settings);
  if (result.success) return { currentProfile: undefined, ...result.output };
  throw faulty(
    file,
    result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`),
  );
}

export function faulty(file: string, problems: readonly string[], cause?: unknown): KeysError {
  return new KeysError({
    code: 'config_faulty',
    message: `${file} is not a valid configuration: ${problems.join('; ')}`,
    hints: ['fix the file, or move it aside to start over'],
    cause,
  });
}
