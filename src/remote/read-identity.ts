import { KeysError } from '../base/errors.ts';
import type { SessionIdentity } from '../keys/session-identity.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { WhoamiCall } from '../providers/declaration/whoami.ts';
import type { Api } from './api.ts';
import { textAt, timeAt } from './declared-value.ts';
import { part, select, withoutAbsent } from './select.ts';

/**
 * Whose the session token is, by the calls of the declaration; undefined if it has none. Throws `KeysError` (4) for a token
 * that the API refuses.
 */
export async function readIdentity(
  api: Api,
  { whoami }: Pick<Provider, 'whoami'>,
): Promise<SessionIdentity | undefined> {
  if (whoami === undefined) return undefined;
  const identity: SessionIdentity = {};
  for (const [index, call] of [whoami].flat().entries()) {
    try {
      Object.assign(identity, await answerTo(api, call));
    } catch (error) {
      // An accepted token may lack the permission for one of the calls: what that one tells is not known.
      const isForbidden = error instanceof KeysError && error.failure.httpStatus === 403;
      if (!isForbidden || index === 0) throw error;
    }
  }
  return identity;
}

async function answerTo(api: Api, call: WhoamiCall): Promise<SessionIdentity> {
  const response = await api.send(call, {});
  const answer = part(response.json());
  if (call.requires !== undefined && !select(answer, call.requires)?.value) {
    const refusal = api.failureOf({ ...response, status: 401 }, call);
    if (refusal) throw refusal;
  }
  return withoutAbsent<SessionIdentity>({
    user: textAt(answer, call.user) || undefined,
    role: textAt(answer, call.role) || undefined,
    expiresAt: timeAt(answer, call.expiresAt),
    keyId: textAt(answer, call.keyId) || undefined,
  });
}
