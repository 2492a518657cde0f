import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { systemCode, usageError } from '../base/errors.ts';
import { exposedMode } from '../platform/files/exposed-mode.ts';
import { workerLink } from '../platform/workers/worker-link.ts';
import type { TlsPair } from '../server/fastify-app.ts';
import type { Context } from './context.ts';

/** The paths of a certificate with its chain and of its private key. */
export interface TlsFiles {
  cert: string;
  key: string;
}

/** Throws `KeysError` (2) unless the files hold a certificate and its key. Warns of a key that others can read. */
export async function readTls(context: Context, { cert, key }: TlsFiles): Promise<TlsPair> {
  const pair = { cert: readPem(context, '--tls-cert', cert), key: readPem(context, '--tls-key', key) };
  try {
    createSecureContext(pair);
  } catch (error) {
    // OpenSSL's codes describe the form, never the content.
    throw usageError(
      `--tls-cert, --tls-key: ${cert} and ${key} are not a certificate and its key in PEM (${systemCode(error) ?? 'unreadable'})`,
    );
  }
  const keyPath = resolve(context.io.cwd, key);
  // One that starts workers has said it for them.
  const mode = workerLink() ? undefined : await exposedMode(keyPath);
  if (mode !== undefined)
    await context.warnOnce(`${keyPath} is readable by others (${mode}): chmod 600 '${keyPath}'`);
  return pair;
}

function readPem(context: Context, flag: string, path: string): Buffer {
  try {
    return readFileSync(resolve(context.io.cwd, path));
  } catch (error) {
    throw usageError(`${flag}: cannot read ${path} (${systemCode(error) ?? 'unknown error'})`);
  }
}
