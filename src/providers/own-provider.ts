import { basename } from 'node:path';
import { KeysError } from '../base/errors.ts';
import { isTooDeep, maxJsonDepth } from '../base/json-depth.ts';
import { jsonFault } from '../base/json-fault.ts';
import { shellWord } from '../base/shell-word.ts';
import { readBounded, readFault, textOf } from '../platform/files/read-file.ts';
import { requireTrusted } from '../platform/files/trust.ts';
import { checkProvider } from './declaration/check.ts';
import type { Provider } from './declaration/provider.ts';
import { idPattern } from './declaration/provider.ts';
import type { SchemaIssue } from './declaration/schema-issue.ts';

/** A provider of the user's own. Throws `KeysError` for a file that is not valid. */
export function readProvider(file: string): Provider {
  requireTrusted(file, 'file');
  const { provider, issues } = checkProvider(readJson(file));
  const problems: readonly SchemaIssue[] = provider ? nameIssues(provider, file) : issues;
  if (provider && problems.length === 0) return provider;
  const first = problems.find(({ path }) => path === 'id') ?? problems[0];
  const rest = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  throw new KeysError({
    code: 'provider_faulty',
    message: `${file} is not a valid provider: ${[first?.path, first?.message].filter(Boolean).join(': ')}${rest}`,
    hints: [checkCommand(file)],
  });
}

/** In the folder of the user's own providers, the name of a file is how its provider is found. */
export function nameIssues({ id }: Provider, file: string): SchemaIssue[] {
  const name = basename(file, '.json');
  if (id === name) return [];
  const ways = [...(idPattern.test(name) ? [`write "${name}"`] : []), `rename the file to ${id}.json`];
  return [{ path: 'id', message: `differs from the name of the file; ${ways.join(', or ')}` }];
}

function checkCommand(file: string): string {
  return `keys provider check ${shellWord(file)}`;
}

const maxBytes = 1024 * 1024;

function readJson(file: string): unknown {
  try {
    return JSON.parse(readDeclaration(file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new KeysError({
      code: 'file_unreadable',
      message: `${file} is not valid JSON: ${jsonFault(error)}`,
      hints: [checkCommand(file)],
      cause: error,
    });
  }
}

/** The text of a declaration. Throws `KeysError` if the file cannot be read, or is nested too deeply to be one. */
export function readDeclaration(file: string): string {
  const text = readText(file);
  if (!isTooDeep(text)) return text;
  throw new KeysError({
    code: 'file_unusable',
    message: `${file} is nested more than ${maxJsonDepth} levels deep, so it is no declaration`,
  });
}

function readText(file: string): string {
  try {
    return textOf(readBounded(file, { maxBytes }));
  } catch (error) {
    throw new KeysError({
      code: 'file_unreadable',
      message: `cannot read ${file}: ${readFault(error)}`,
      cause: error,
    });
  }
}
