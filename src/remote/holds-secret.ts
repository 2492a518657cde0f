import { Secret } from '../base/secret.ts';
import type { KeyBackend } from '../keys/ports.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { isEmptyBody } from './failure-body.ts';
import { secretIn } from './new-secret.ts';
import { part, text, WrongShape } from './select.ts';

const masked = /\*{4}|\.{3}|[•●…]/;

/**
 * Whether a key has a secret: by the call that shows the secret of a key, else because the API accepts it, which is random
 * and belongs to no other key. Undefined if neither tells. Throws `KeysError` if the API cannot be asked.
 */
export async function holdsSecret(
  api: Api,
  { show, verify, key }: Provider,
  { id, secret }: { id: string; secret: Secret },
  backend: Pick<KeyBackend, 'verify' | 'identify'>,
): Promise<boolean | undefined> {
  if (show?.secret !== undefined) {
    const response = await api.send(show, { id });
    if (response.status === 404 || isEmptyBody(response)) return false;
    try {
      const shownText = text(secretIn(part(response.json()), show.secret));
      if (secret.equals(new Secret(shownText))) return true;
      // A masked or hashed secret says nothing.
      const isWhole = secret.matches(new RegExp(`^.{${shownText.length}}$`, 's')) && !masked.test(shownText);
      return isWhole ? false : undefined;
    } catch (error) {
      if (error instanceof WrongShape) return undefined;
      throw error;
    }
  }
  if (!verify && !key.secret) return undefined;
  const { valid, reason } = await backend.verify(secret);
  if (valid) {
    const holderId = await backend.identify?.(secret);
    return holderId === undefined || holderId === id;
  }
  return reason === 'invalid' ? false : undefined;
}
