import { dirname } from 'node:path';
import Conf from 'conf';
import * as v from 'valibot';
import type { Config } from './config.ts';
import { KeysError } from './errors.ts';

const profile = v.object({ provider: v.string(), url: v.optional(v.nullable(v.string()), null) });

const schema = v.object({
  currentProfile: v.optional(v.string()),
  profiles: v.optional(v.record(v.string(), profile), {}),
});

/** Reads an existing file. Throws `KeysError` that names every fault with its path. */
export function readConfigFile(file: string): Config {
  let content: unknown;
  try {
    content = new Conf({ cwd: dirname(file), configFileMode: 0o600 }).store;
  } catch (error) {
    throw faulty(file, [error instanceof Error ? error.message : String(error)], error);
  }
  const result = v.safeParse(schema, content);
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
