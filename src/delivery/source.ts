import { resolve } from 'node:path';
import { KeysError, usageError } from '../errors.ts';
import { readPrivateFile } from '../files/private-file.ts';
import { Secret } from '../secret.ts';
import { readVariable } from './dotenv.ts';

/** Reads a secret from where a sink put it: `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
export async function readSource(text: string, cwd: string): Promise<Secret> {
  const [, kind, rest = ''] = /^(file|env):(.+)$/s.exec(text) ?? [];
  if (kind === 'file') return nonEmpty((await readFile(resolve(cwd, rest))).toString('utf8').trim(), text);
  const [, path, name] = /^(.+)#([^#]+)$/s.exec(rest) ?? [];
  if (kind !== 'env' || path === undefined || name === undefined) {
    throw usageError(`'${text}' is not a source: write file:PATH or env:PATH#NAME`);
  }
  return nonEmpty(readVariable(await readFile(resolve(cwd, path)), name) ?? '', text);
}

async function readFile(path: string): Promise<Buffer> {
  const content = await readPrivateFile(path);
  if (content) return content;
  throw new KeysError({ exit: 'failed', code: 'source_missing', message: `${path} does not exist` });
}

function nonEmpty(value: string, source: string): Secret {
  if (value !== '') return new Secret(value);
  throw new KeysError({ exit: 'failed', code: 'source_empty', message: `there is no value at ${source}` });
}
