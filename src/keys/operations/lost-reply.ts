import { KeysError } from '../../base/errors.ts';
import type { AfterLoss } from './after-loss.ts';
import { afterLoss } from './after-loss.ts';
import type { Issuer, Subject } from './issuer.ts';
import type { Operation } from './operation.ts';

/** Failures of the network before a byte of the request had left, and refusals. */
const unsent = new Set([
  ...['connection_failed', 'tls_failed', 'proxy_failed', 'timed_out', 'redirect_refused', 'not_this_api'],
]);

/**
 * Whether an error of a create says that there is no new key. A bug says nothing, nor does an answer that cannot be
 * read, nor a server that broke down over it.
 */
export function certainlyNotCreated(error: unknown): boolean {
  if (!(error instanceof KeysError)) return false;
  const { exit, code } = error.failure;
  if (exit === 'unfinished') return false;
  return exit !== 'network' || unsent.has(code);
}

/**
 * The failure to report where nobody knows whether there is a key: the operation stays open for `recover`, which
 * revokes what was made and given to nobody. A server that broke down (500, 501, 503) is believed where its list tells
 * that nothing was made or replaced; a proxy in front of it (502, 504) and a lost connection are not, for it may still
 * be at work.
 */
export async function lostReply(
  issuer: Pick<Issuer<never>, 'list' | 'clockAhead' | 'capabilities'>,
  operation: Operation,
  { noun }: Subject,
  error: unknown,
): Promise<unknown> {
  const reason = error instanceof Error ? error.message : String(error);
  await operation.note({ step: 'lost', reason }).catch(() => {});
  const standing = await afterLoss(operation, issuer).catch(() => undefined);
  const { httpStatus } = error instanceof KeysError ? error.failure : {};
  if (standing?.kind === 'settled' && httpStatus !== undefined && [500, 501, 503].includes(httpStatus)) {
    await operation.end();
    return error;
  }
  await operation.leave();
  return new KeysError({
    ...(error instanceof KeysError && error.failure),
    exit: 'unfinished',
    code: 'reply_lost',
    message: `${reason}; ${foundSoFar(standing, noun, operation.plan.name)}`,
    hints: [`keys recover ${operation.id}`],
    operation: operation.id,
    cause: error,
  });
}

function foundSoFar(standing: AfterLoss | undefined, noun: string, name: string): string {
  if (standing?.kind === 'renewed')
    return `the value of the ${noun} ${standing.key.id} may have been replaced`;
  const made = standing?.kind === 'undeliverable' ? [standing.key] : [];
  const possible = standing?.kind === 'ambiguous' ? standing.candidates : made;
  if (possible.length === 0) return `a ${noun} named ${name} may have been made`;
  return `nobody has the secret of the new ${noun} ${possible.map(({ id }) => id).join(', ')}`;
}
