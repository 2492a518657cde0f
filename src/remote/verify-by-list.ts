import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Status } from '../keys/key.ts';
import type { Reason, Verdict } from '../keys/verdict.ts';
import type { SecretPath } from '../providers/declaration/operation.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { secretIn } from './new-secret.ts';
import { readKey } from './read-key.ts';
import type { LastPage } from './read-pages.ts';
import { itemsIn } from './read-pages.ts';
import { requireComplete } from './require-complete.ts';
import type { Part } from './select.ts';
import { text, WrongShape } from './select.ts';

/** What the status of a listed key means for its secret. */
const reasons: Readonly<Record<Status, Reason>> = {
  active: 'ok',
  expiring: 'ok',
  expired: 'expired',
  revoked: 'revoked',
  disabled: 'forbidden',
  unknown: 'forbidden',
};

/**
 * Verifies a secret by an API that lists the secrets of its keys: the list is read with the session token, and compared
 * here. Throws `KeysError` if the list cannot be read, or if it is incomplete and does not contain the secret.
 */
export async function verifyByList(
  api: Api,
  { list, key: fields }: Provider,
  where: SecretPath,
  { secret, now }: { secret: Secret; now: Date },
): Promise<Verdict> {
  let last: LastPage | undefined;
  let count = 0;
  const onEnd = (page: LastPage) => {
    last = page;
  };
  try {
    for await (const item of itemsIn(api.pages(list, {}, { onEnd }))) {
      count += 1;
      if (hasSecret(item, where, secret)) return verdictOn(readKey(item, fields, now).key.status);
    }
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit !== 'network' || error instanceof WrongShape)
      throw error;
    return { valid: false, reason: 'unreachable', httpStatus: error.failure.httpStatus ?? null };
  }
  if (last) requireComplete(list.paging, last, count);
  return { valid: false, reason: 'invalid', httpStatus: 200 };
}

function verdictOn(status: Status): Verdict {
  const reason = reasons[status];
  return { valid: reason === 'ok', reason, httpStatus: 200 };
}

/** A key whose secret cannot be read has another one. */
function hasSecret(item: Part, where: SecretPath, secret: Secret): boolean {
  try {
    return secret.equals(new Secret(text(secretIn(item, where))));
  } catch (error) {
    if (error instanceof WrongShape) return false;
    throw error;
  }
}
