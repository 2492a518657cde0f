import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Key } from '../keys/key.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { isInconclusive } from './failure-body.ts';
import { part, select } from './select.ts';

/**
 * Ends a key; false where there was none. An answer that does not say whether it was done is none: then the key is looked
 * at. Throws `KeysError` where the key goes on working, or nobody can tell.
 */
export async function revokeKey(
  api: Api,
  { revoke, ok }: Provider,
  id: string,
  look: () => Promise<Key | undefined>,
): Promise<boolean> {
  let response: HttpResponse;
  try {
    response = await api.send(revoke, { id });
  } catch (error) {
    // The reply is lost, or comes from a proxy that gave up waiting.
    const gone = isUnclear(error) ? await isGone(look) : undefined;
    if (gone) return true;
    throw gone === false ? stillThere(error as KeysError, id) : error;
  }
  if (saysNo(response)) throw notRevoked(id, 'the API answered that it did not revoke');
  // It may also be the address of the call that does not exist, or a setting in it.
  if (response.status === 404) {
    if ((await isGone(look)) === false)
      throw notRevoked(id, `the API answered 404${api.reasonOf(response)}, and still has`);
    return false;
  }
  const isPlain = (revoke.ok ?? ok) !== undefined || !isInconclusive(response, id);
  if (!isPlain && (await isGone(look)) === false)
    throw notRevoked(id, 'the API did not say that it revoked, and still has,');
  return true;
}

function notRevoked(id: string, what: string): KeysError {
  return new KeysError({
    code: 'not_revoked',
    message: `${what} the key ${id}`,
    hints: [`keys show ${shellWord(id)}`],
  });
}

function stillThere({ failure, message }: KeysError, id: string): KeysError {
  return new KeysError({ ...failure, message: `${message}; the key ${id} is still there` });
}

/** Undefined where the API could not be asked. */
async function isGone(look: () => Promise<Key | undefined>): Promise<boolean | undefined> {
  try {
    const key = await look();
    return !key || key.status === 'revoked';
  } catch {
    return undefined;
  }
}

/** `{"deleted": false}`: a success by its status alone. */
function saysNo(response: HttpResponse): boolean {
  let answer: unknown;
  try {
    answer = response.json();
  } catch {
    // An empty body, or a word: the status says it all.
    return false;
  }
  return ['deleted', 'revoked'].some((field) => select(part(answer), field)?.value === false);
}

function isUnclear(error: unknown): boolean {
  return error instanceof KeysError && ['reply_lost', 'server_failed'].includes(error.failure.code);
}
