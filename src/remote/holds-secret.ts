import { Secret } from '../base/secret.ts';
import type { KeyBackend } from '../keys/ports.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { isEmptyBody } from './failure-body.ts';
import { secretIn } from './new-secret.ts';
import { part, text, WrongShape } from './select.ts';

/** What an API shows in place of a secret says nothing about it: a part of it, a masked form, a hash. */
const minWholeLength = 20;
const digest = /^[\w-]+:|^\$\w+\$|^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i;
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
      return isShownAs(secret, shownText);
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

function isShownAs(secret: Secret, shownText: string): boolean | undefined {
  if (secret.equals(new Secret(shownText))) return true;
  const isOfSameLength = secret.matches(new RegExp(`^.{${shownText.length}}$`, 's'));
  const isWhole = isOfSameLength || (shownText.length >= minWholeLength && !digest.test(shownText));
  return isWhole && !masked.test(shownText) ? false : undefined;
}
