import { Secret } from '../base/secret.ts';
import type { Verdict } from '../keys/verdict.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { isEmptyBody } from './failure-body.ts';
import { secretIn } from './new-secret.ts';
import { part, text, WrongShape } from './select.ts';

/**
 * Whether a key has a secret: by the call that shows the secret of a key, else because the API accepts it, which is random
 * and belongs to no other key. Undefined if neither tells. Throws `KeysError` if the API cannot be asked.
 */
export async function holdsSecret(
  api: Api,
  { show, verify, key }: Provider,
  { id, secret }: { id: string; secret: Secret },
  verifySecret: () => Promise<Verdict>,
): Promise<boolean | undefined> {
  if (show?.secret !== undefined) {
    const response = await api.send(show, { id });
    if (response.status === 404 || isEmptyBody(response)) return false;
    try {
      return secret.equals(new Secret(text(secretIn(part(response.json()), show.secret))));
    } catch (error) {
      if (error instanceof WrongShape) return undefined;
      throw error;
    }
  }
  if (!verify && !key.secret) return undefined;
  const { valid, reason } = await verifySecret();
  if (valid) return true;
  return reason === 'invalid' ? false : undefined;
}
