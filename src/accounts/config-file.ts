import * as v from 'valibot';
import { KeysError } from '../base/errors.ts';
import { jsonFault } from '../base/json-fault.ts';
import { didYouMean } from '../base/nearest.ts';
import { schemaFault } from '../base/schema-fault.ts';
import { readBounded, readFault, textOf } from '../platform/files/read-file.ts';
import type { Config } from './profile.ts';
import { isProfileName, profileNameRule } from './profile.ts';

/** A stored profile. */
export const profileSchema = v.object({
  provider: v.string(),
  url: v.optional(v.nullable(v.string()), null),
  store: v.exactOptional(v.picklist(['keychain', 'file'])),
  tokenOrigin: v.exactOptional(v.string()),
  keptSecrets: v.exactOptional(v.array(v.string())),
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
  profiles: v.optional(
    v.record(v.pipe(v.string(), v.check(isProfileName, profileNameRule)), profileSchema),
    {},
  ),
});

/**
 * Reads an existing file. `warnings` are about names in it that are not settings. Throws a `KeysError` that lists every
 * problem with its path.
 */
export function readConfigFile(file: string): { config: Config; warnings: string[] } {
  const settings = readSettings(file);
  return { config: validate(file, settings), warnings: unknownSettings(settings) };
}

/** Far more than settings need. */
const maxBytes = 1024 * 1024;

/** Every setting of an existing file, unchecked. Throws `KeysError` if it is not JSON. */
export function readSettings(file: string): unknown {
  try {
    return parseConfig(textOf(readBounded(file, { maxBytes })));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidConfig(file, [jsonFault(error)], error);
    throw new KeysError({
      code: 'config_unreadable',
      message: `${file} cannot be read (${readFault(error)})`,
      hints: [`ls -l '${file}'`],
      cause: error,
    });
  }
}

/** Parses the content of a file, with or without a byte order mark. */
export function parseConfig(text: string): Record<string, unknown> {
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

/** A warning for each name that is not a setting: most often a typing error. */
export function unknownSettings(settings: unknown): string[] {
  const { profiles } = Object(settings);
  const ofProfiles = Object.entries(Object(profiles)).flatMap(([name, one]) =>
    unknownNames(one, Object.keys(profileSchema.entries), `profiles.${name}.`),
  );
  return [...unknownNames(settings, ['$schema', ...Object.keys(schema.entries)], ''), ...ofProfiles];
}

function unknownNames(value: unknown, settings: string[], path: string): string[] {
  const names = Object.keys(Object(value)).filter((name) => !settings.includes(name));
  return names.map((name) => {
    return `${path}${name} is not a setting and is ignored${didYouMean(name, settings)}`;
  });
}

function validate(file: string, settings: unknown): Config {
  const result = v.safeParse(schema, settings);
  if (result.success) return { currentProfile: undefined, ...result.output };
  throw invalidConfig(file, result.issues.map(faultOf));
}

/** What is wrong with settings, each with its path; empty if they are valid. */
export function faultsIn(settings: unknown): string[] {
  return (v.safeParse(schema, settings).issues ?? []).map(faultOf);
}

function faultOf(issue: v.InferIssue<typeof schema>): string {
  return `${v.getDotPath(issue) ?? 'the file'}: ${schemaFault(issue)}`;
}

export function invalidConfig(file: string, problems: readonly string[], cause?: unknown): KeysError {
  return new KeysError({
    code: 'config_faulty',
    message: `${file} is not a valid configuration: ${problems.join('; ')}`,
    hints: ['fix the file, or move it aside to start over'],
    cause,
  });
}
