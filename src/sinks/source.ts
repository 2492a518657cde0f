import { resolve } from 'node:path';
import { KeysError, usageError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Environment } from '../platform/env.ts';
import { readFault, readFileOrPipe } from '../platform/files/read-file.ts';
import { decodeText } from '../platform/io.ts';
import { readVariable } from './dotenv.ts';

export interface SourceContext {
  /** The folder that relative paths start from. */
  cwd: string;
  env: Environment;
  /** A person can type the keychain's password. */
  interactive: boolean;
}

/**
 * Reads a secret from where a sink put it: `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Throws `KeysError`; that of
 * a keychain as `Keychain` says.
 */
export async function readSource(source: string, context: SourceContext): Promise<Secret> {
  const [, kind, rest = ''] = /^(keychain|file|env):(.*)$/s.exec(source) ?? [];
  if (kind === 'keychain') return readKeychain(rest, context);
  const { cwd } = context;
  if (kind === 'file' && rest !== '')
    return nonEmpty(decodeText(await read(resolve(cwd, rest))).trim(), source);
  const [, path, name] = /^(.+)#([^#]+)$/s.exec(rest) ?? [];
  if (kind !== 'env' || path === undefined || name === undefined)
    throw usageError(`'${source}' is not a source; expected keychain:NAME, file:PATH or env:PATH#NAME`);
  return nonEmpty(readVariable(await read(resolve(cwd, path)), name) ?? '', source);
}

async function readKeychain(name: string, { env, interactive }: SourceContext): Promise<Secret> {
  if (name === '') throw usageError("'keychain:' has no name; expected keychain:NAME");
  const { openKeychain } = await import('../platform/keychain/open-keychain.ts');
  const keychain = openKeychain({ service: 'secrets', env, interactive });
  const value = await keychain.read(name);
  if (value) return new Secret(value);
  throw new KeysError({
    code: 'source_empty',
    message: `the ${keychain.describe()} has no secret named ${name}`,
  });
}

const maxSourceBytes = 16 * 1024 * 1024;

/** Follows symbolic links: that is how secrets are mounted into containers. */
async function read(path: string): Promise<Buffer> {
  try {
    return await readFileOrPipe(path, maxSourceBytes);
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
