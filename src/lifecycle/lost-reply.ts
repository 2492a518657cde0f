import { KeysError } from '../errors.ts';
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
  issuer: Pick<Issuer<never>, 'list'>,
  operation: Operation,
  { noun }: Subject,
  error: unknown,
): Promise<unknown> {
  const reason = error instanceof Error ? error.message : String(error);
  await operation.note({ step: 'lost', reason }).catch(() => {});
  const after = await issuer.list().catch(() => undefined);
  const made = after && candidatesIn(after, operation).named;
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

/** Milliseconds by which the clock of a server may differ from this one. */
const skew = 5 * 60_000;

export interface Candidates {
  /** Live keys of the operation's name that were not there before. */
  named: Key[];
  /** Those of them that were made before it gave up waiting; what was made later is somebody else's. */
  timely: Key[];
}

/** The keys that an operation may have made, by name and by time. */
export function candidatesIn(keys: readonly Key[], { plan, steps }: Operation): Candidates {
  const known = new Set(plan.known);
  const lost = steps.findLast(({ step }) => step === 'lost')?.at;
  const until = lost === undefined ? Number.POSITIVE_INFINITY : Date.parse(lost) + skew;
  const named = keys.filter(
    (key) => !known.has(key.id) && !isOver(key) && (plan.name === key.name || plan.nameless === true),
  );
  const timely = named.filter(({ createdAt }) => createdAt === undefined || Date.parse(createdAt) <= until);
  return { named, timely };
}

/** Whether it can do no harm any more, wherever its secret is. */
export function isOver({ status }: Key): boolean {
  return status === 'revoked' || status === 'expired';
}
