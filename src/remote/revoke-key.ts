import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Key } from '../keys/key.ts';
import { callOf } from '../providers/declaration/call.ts';
import type { Condition, Operation } from '../providers/declaration/operation.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { bodyOf, isInconclusive, meets } from './failure-body.ts';
import { part, select } from './select.ts';

/**
 * Revokes a key; false if it does not exist. If the response does not confirm it, the key is looked up. Throws `KeysError`
 * if the key still works, or if that cannot be determined.
 */
export async function revokeKey(
  api: Api,
  provider: RevokingProvider,
  id: string,
  look: () => Promise<Key | undefined>,
  lookInList: () => Promise<Key | undefined>,
): Promise<boolean> {
  const isRevoked = await endKey(api, provider, id, look, lookInList);
  if (isRevoked) await completeRevocation(api, provider.revoke.then ?? [], id);
  return isRevoked;
}

type RevokingProvider = Pick<Provider, 'ok'> & { revoke: NonNullable<Provider['revoke']> };

/** Makes the calls that have to follow. Throws `KeysError` (5), which tells what is done and what is left. */
async function completeRevocation(api: Api, calls: readonly Operation[], id: string): Promise<void> {
  for (const [index, call] of calls.entries()) {
    try {
      // A 404 means that nothing is left to do.
      await api.send(call, { id });
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      const remaining = calls.slice(index).map((one) => requestOf(one, id));
      throw new KeysError({
        ...error.failure,
        exit: 'unfinished',
        code: 'revocation_incomplete',
        message: `the key ${id} is revoked, but ${remaining.join(' and ')} is still to be done: ${error.message}`,
        hints: remaining.filter((request) => !request.includes('{')).map((request) => `keys api ${request}`),
        cause: error,
      });
    }
  }
}

/** `DELETE /keys/k1`; settings of the profile stay placeholders. */
function requestOf(operation: Operation, id: string): string {
  const { method, path } = callOf(operation);
  return `${method} ${path.replaceAll('{id}', encodeURIComponent(id))}`;
}

async function endKey(
  api: Api,
  { revoke, ok }: RevokingProvider,
  id: string,
  look: () => Promise<Key | undefined>,
  lookInList: () => Promise<Key | undefined>,
): Promise<boolean> {
  let response: HttpResponse;
  try {
    response = await api.send(revoke, { id });
  } catch (error) {
    // The reply was lost, or came from a proxy that gave up waiting.
    const isKeyGone = isUnclear(error) ? await isGone(look) : undefined;
    if (isKeyGone) return true;
    throw isKeyGone === false ? stillThere(error as KeysError, id) : error;
  }
  const reason = () => api.reasonOf(response);
  if (saysNo(response)) throw notRevoked(id, 'the API says that it did not revoke', reason());
  // The path of the call, or a setting in it, may be what does not exist; so it may be in the call that shows a key.
  if (response.status === 404) {
    if ((await isGone(look)) === false || (await isGone(lookInList)) === false)
      throw notRevoked(id, `the API answered 404${reason()}, and still has`);
    return false;
  }
  if (confirms(response, revoke.ok ?? ok, id)) return true;
  const isKeyGone = response.status === 202 ? await isSoonGone(api, look) : await isGone(look);
  if (isKeyGone === false)
    throw notRevoked(id, 'the API did not confirm that it revoked, and still has,', reason());
  return true;
}

/** What the declaration requires is there, or the response has no form in which servers refuse or postpone a call. */
function confirms(response: HttpResponse, ok: Condition | undefined, id: string): boolean {
  const body = bodyOf(response);
  if (ok && body) return meets(body, ok) && response.status !== 202;
  return !isInconclusive(response, id);
}

function notRevoked(id: string, what: string, reason = ''): KeysError {
  return new KeysError({
    code: 'not_revoked',
    message: `${what} the key ${id}${reason.replace(/^,/, ':')}`,
    hints: [`keys show ${shellWord(id)}`],
  });
}

function stillThere({ failure, message }: KeysError, id: string): KeysError {
  return new KeysError({ ...failure, message: `${message}; the key ${id} still exists` });
}

/** How long an API that answers 202 (accepted) is given, from look to look. */
const looksAfterMs = [0, 1000, 2000, 4000];

/** As `isGone`, for an API that revokes a key a little later. */
async function isSoonGone(api: Api, look: () => Promise<Key | undefined>): Promise<boolean | undefined> {
  let isKeyGone: boolean | undefined;
  for (const delayMs of looksAfterMs) {
    try {
      if (delayMs > 0) await api.pause(delayMs);
    } catch {
      return isKeyGone;
    }
    const isGoneNow = await isGone(look);
    if (isGoneNow !== false) return isGoneNow ?? isKeyGone;
    isKeyGone = false;
  }
  return isKeyGone;
}

/** Undefined if the API cannot be asked. */
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
    // An empty body or plain text: only the status counts.
    return false;
  }
  return ['deleted', 'revoked'].some((field) => select(part(answer), field)?.value === false);
}

function isUnclear(error: unknown): boolean {
  return error instanceof KeysError && ['reply_lost', 'server_failed'].includes(error.failure.code);
}
