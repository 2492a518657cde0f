import { KeysError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Environment } from '../../platform/env.ts';
import { setting } from '../../platform/env.ts';
import type { TokenContext, TokenOwner } from './token-context.ts';

export type TokenSource = 'KEYS_TOKEN' | 'KEYS_TOKEN_FILE' | 'tokenCommand' | 'keychain' | 'file';

export interface FoundToken {
  token: Secret;
  source: TokenSource;
}

const silent = async () => {};

/**
 * The token from the first source that is set: `KEYS_TOKEN`, `KEYS_TOKEN_FILE`, the profile's `tokenCommand`, then the
 * store that `keys login` used. Undefined: not logged in. A source that is set but gives nothing usable is an error, never
 * a reason to try the next one. Throws `KeysError` (4) for a keychain that is absent, locked or silent, for a token file
 * that cannot be read, for a `tokenCommand` that fails, and for a token that no HTTP header can carry.
 */
export async function findToken(owner: TokenOwner, context: TokenContext): Promise<FoundToken | undefined> {
  const { env, cwd } = context;
  const inline = setting(env, 'KEYS_TOKEN');
  if (inline !== undefined) return readToken(inline, 'KEYS_TOKEN', 'KEYS_TOKEN');
  const file = setting(env, 'KEYS_TOKEN_FILE');
  if (file !== undefined) {
    const { readTokenFile } = await import('./token-file.ts');
    return readToken(await readTokenFile(file, cwd, context.warn ?? silent), 'KEYS_TOKEN_FILE', file);
  }
  if (owner.tokenCommand !== undefined) {
    const { runTokenCommand } = await import('./token-command.ts');
    const output = await runTokenCommand(owner.tokenCommand, owner.profile, context);
    return readToken(output, 'tokenCommand', `the tokenCommand of the profile ${owner.profile}`);
  }
  const { openStore } = await import('./token-store.ts');
  const store = openStore(owner.store ?? 'keychain', context);
  const token = await store.read(owner).catch((error: unknown) => {
    throw withVariables(error, env);
  });
  return token && { token, source: store.name };
}

/** The token variables that are set but empty, as a CI system leaves those of secrets that it withholds. */
export function emptyVariables(env: Environment): string[] {
  return ['KEYS_TOKEN', 'KEYS_TOKEN_FILE'].filter((name) => env[name] === '');
}

/** A store is used only if the environment has no token: without a keychain, that is the cause. */
function withVariables(error: unknown, env: Environment): unknown {
  if (!(error instanceof KeysError)) return error;
  const { failure } = error;
  const [empty] = emptyVariables(env);
  if (empty === undefined && failure.code !== 'keychain_absent') return error;
  const cause = empty === undefined ? 'KEYS_TOKEN is not set' : `${empty} is set but empty`;
  return new KeysError({ ...failure, message: `${cause}, and ${failure.message}`, cause: error });
}

/** Checks a token from outside, without the white space around it. */
function readToken(text: string, source: TokenSource, place: string): FoundToken {
  const token = text.trim();
  if (/^[!-~]+$/.test(token)) return { token: new Secret(token), source };
  const problem =
    token === '' ? 'contains no token' : 'is not a token: expected one word of visible ASCII characters';
  throw new KeysError({
    code: token === '' ? 'token_empty' : 'token_malformed',
    message: `${place} ${problem}`,
    hints: ['give only the token, on one line, without quotes and without "Bearer "'],
  });
}
