import { resolve } from 'node:path';
import { KeysError, usageError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { readFault, readFileOrPipe } from '../platform/files/read-file.ts';
import { decodeText } from '../platform/io.ts';
import { readVariable } from './dotenv.ts';

/** Reads a secret from where a sink put it: `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
export async function readSource(text: string, cwd: string): Promise<Secret> {
  const [, kind, rest = ''] = /^(file|env):(.+)$/s.exec(text) ?? [];
  if (kind === 'file') return nonEmpty(decodeText(await read(resolve(cwd, rest))).trim(), text);
  const [, path, name] = /^(.+)#([^#]+)$/s.exec(rest) ?? [];
  if (kind !== 'env' || path === undefined || name === undefined) {
    throw usageError(`'${text}' is not a source: write keychain:NAME, file:PATH or env:PATH#NAME`);
  }
  return nonEmpty(readVariable(await read(resolve(cwd, path)), name) ?? '', text);
}

const maxBytes = 16 * 1024 * 1024;

/** Also through a symbolic link: that is how secrets are mounted into containers. */
async function read(path: string): Promise<Buffer> {
  try {
    return await readFileOrPipe(path, maxBytes);
  } catch (error) {
    throw new KeysError({
      code: 'source_unreadable',
      message: `${path} cannot be read (${readFault(error)})`,
      cause: error,
    });
  }
}

function nonEmpty(value: string, source: string): Secret {
  if (value !== '') return new Secret(value);
  throw new KeysError({ code: 'source_empty', message: `there is no value at ${source}` });
}
