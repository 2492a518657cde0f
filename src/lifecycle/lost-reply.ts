import { KeysError } from '../errors.ts';
import { candidatesIn } from './candidates.ts';
import type { Issuer, Subject } from './issue.ts';
import type { Key } from './key.ts';
import type { Operation } from './operation.ts';

/** Failures of the network before a byte of the request had left, and refusals. */
const unsent = new Set([
  ...['connection_failed', 'tls_failed', 'proxy_failed', 'timed_out', 'redirect_refused', 'not_this_api'],
]);

/**
 * Whether an error of a create says that there is no new key. A bug says nothing, nor does an answer that cannot be
 * read, nor a server that broke down over it.
 */
export function madeNothing(error: unknown): boolean {
  if (!(error instanceof KeysError)) return false;
  const { exit, code } = error.failure;
  if (exit === 'unfinished') return false;
  return exit !== 'network' || unsent.has(code);
}

/**
 * The failure to report where nobody knows whether there is a key: the operation stays open for `recover`, which
 * revokes what was made and given to nobody. A server that broke down (500, 501, 503) is believed where its list has no
 * new key; a proxy in front of it (502, 504) and a lost connection are not, for it may still be at work.
 */
export async function lostReply(
  issuer: Pick<Issuer<never>, 'list' | 'clockAhead'>,
  operation: Operation,
  { noun }: Subject,
  error: unknown,
): Promise<unknown> {
  const reason = error instanceof Error ? error.message : String(error);
  await operation.note({ step: 'lost', reason }).catch(() => {});
  const after = await issuer.list().catch(() => undefined);
  const made = after && candidatesIn(after, operation, { ahead: issuer.clockAhead?.() }).possible;
  const { httpStatus } = error instanceof KeysError ? error.failure : {};
  if (made?.length === 0 && httpStatus !== undefined && [500, 501, 503].includes(httpStatus)) {
    await operation.end();
    return error;
  }
  await operation.leave();
  return new KeysError({
    ...(error instanceof KeysError && error.failure),
    exit: 'unfinished',
    code: 'reply_lost',
    message: `${reason}; ${foundSoFar(made, noun, operation.plan.name)}`,
    hints: [`keys recover ${operation.id}`],
    operation: operation.id,
    cause: error,
  });
}

function foundSoFar(made: readonly Key[] | undefined, noun: string, name: string): string {
  if (!made || made.length === 0) return `a ${noun} named ${name} may have been made`;
  const ids = made.map(({ id }) => id).join(', ');
  return `nobody has the secret of the new ${noun} ${ids}`;
}
