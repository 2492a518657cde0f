import { KeysError, systemCode } from '../../base/errors.ts';
import {
  changePrivateFile,
  modeOpenToOthers,
  readPrivateFile,
  removeStaleCopies,
} from '../../platform/files/private-file.ts';
import { textOf } from '../../platform/files/read-file.ts';
import type { Paths } from '../../platform/paths.ts';
import { makePrivateFolder } from '../../platform/paths.ts';
import type { TokenItems } from './token-context.ts';
import { openToOthers } from './token-file.ts';

/**
 * Tokens in `<data>/tokens.json` (0600), an object by account, for `keys login --store file` only. Replaced as a whole, by
 * one process at a time. Every call throws `KeysError` (4) for a file that others can read, that cannot be read, or that
 * is not such an object.
 */
export function openFileItems(paths: Paths): TokenItems {
  const file = paths.tokens;
  const change = async (edit: (tokens: Map<string, string>) => void) => {
    makeTokenFolder(paths);
    await readTokens(file);
    return changePrivateFile(file, (content) => {
      const tokens = tokensIn(file, content);
      edit(tokens);
      return `${JSON.stringify(Object.fromEntries(tokens), undefined, 2)}\n`;
    });
  };
  return {
    describe: () => `file ${file}`,
    read: async (account) => (await readTokens(file)).get(account),
    write: (account, value) => change((tokens) => tokens.set(account, value)),
    async remove(account) {
      await removeStaleCopies(file);
      if (!(await readTokens(file)).has(account)) return false;
      let isRemoved = false;
      await change((tokens) => {
        isRemoved = tokens.delete(account);
      });
      return isRemoved;
    },
  };
}

/** Throws `KeysError` if the folder of the tokens cannot be created. */
export function makeTokenFolder({ data: folder }: Paths): void {
  try {
    makePrivateFolder(folder);
  } catch (error) {
    throw new KeysError({
      code: 'folder_not_writable',
      message: `${folder} cannot be created (${systemCode(error) ?? 'unknown error'})`,
      hints: ['choose another folder with KEYS_HOME (keys help environment)'],
      cause: error,
    });
  }
}

async function readTokens(file: string): Promise<Map<string, string>> {
  return tokensIn(file, await readChecked(file));
}

function tokensIn(file: string, content: Buffer | undefined): Map<string, string> {
  if (content === undefined) return new Map();
  const tokens = parse(textOf(content));
  if (isTokens(tokens)) return new Map(Object.entries(tokens));
  throw new KeysError({
    code: 'token_file_faulty',
    message: `${file} is not a JSON object of strings`,
    hints: [`mv '${file}' '${file}.bad', then log in again: keys login --store file`],
  });
}

async function readChecked(file: string): Promise<Buffer | undefined> {
  try {
    const mode = await modeOpenToOthers(file);
    if (mode !== undefined) throw openToOthers(file, mode);
    return await readPrivateFile(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (error instanceof KeysError) throw new KeysError({ ...error.failure, exit: 'auth' });
    throw new KeysError({
      code: 'token_file_unreadable',
      message: `${file} cannot be read (${systemCode(error) ?? 'unknown error'})`,
      hints: [`ls -ld '${file}'`],
      cause: error,
    });
  }
}

/** Undefined for invalid JSON: the parser's own error would quote a token. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTokens(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((token) => typeof token === 'string');
}
