import type { Secret } from '../secret.ts';
import { deliverTo, holds } from './deliver.ts';
import type { Issuer } from './issue.ts';
import type { Key } from './key.ts';
import { unidentified } from './key.ts';
import { candidatesIn, isOver } from './lost-reply.ts';
import type { Held, Operation } from './operation.ts';
import type { Delivered, Sink } from './ports.ts';

/** Where an operation stands, and with that what can be done about it. */
export type Standing =
  /** No key of it is live, or every sink has its secret: it can be ended. */
  | { kind: 'settled'; reason: 'nothing-made' | 'key-gone' | 'delivered'; id?: string }
  /** The secret is in escrow; these sinks do not have it yet. */
  | { kind: 'deliverable'; key: Key; secret: Secret; sinks: readonly string[] }
  /** There is a key, and its secret is gone. These sinks were given it before. */
  | { kind: 'undeliverable'; key: Named; holders: readonly string[] }
  /** The reply was lost, and each of these may be the key: nobody but the user can tell. */
  | { kind: 'ambiguous'; candidates: readonly Key[] };

type Named = Pick<Key, 'id' | 'name'>;

/**
 * Looks at the escrow, and at the keys that there are. Throws `KeysError` where either cannot be read and what to do
 * depends on it.
 */
export async function standingOf(
  operation: Operation,
  issuer: Pick<Issuer<never>, 'list'>,
): Promise<Standing> {
  const { plan, steps } = operation;
  const held = await operation.held();
  const created = steps.findLast((one) => one.step === 'created');
  const id = held?.id || created?.id;
  if (!id) return held ? deliverUnnamed(operation, issuer, held) : afterLoss(operation, issuer);

  const holders = steps.flatMap((one) => (one.step === 'delivered' ? [one.sink] : []));
  const sinks = withoutEach(plan.sinks, holders);
  if (sinks.length === 0) return { kind: 'settled', reason: 'delivered', id };
  // What is in escrow is delivered even where the API cannot be asked: nothing is lost by it.
  const keys = await issuer.list().catch((error: unknown) => {
    if (held) return undefined;
    throw error;
  });
  const key = keys?.find((one) => one.id === id);
  if (keys && (!key || isOver(key))) return { kind: 'settled', reason: 'key-gone', id };
  if (held) {
    const { name, secret } = held;
    return { kind: 'deliverable', key: { status: 'unknown', ...key, id, name }, secret, sinks };
  }
  return { kind: 'undeliverable', key: { id, name: plan.name }, holders };
}

/** The secret is there, and its key was not found before the process ended. */
async function deliverUnnamed(
  operation: Operation,
  issuer: Pick<Issuer<never>, 'list'>,
  { name, secret }: Held,
): Promise<Standing> {
  const { plan, steps } = operation;
  const holders = steps.flatMap((one) => (one.step === 'delivered' ? [one.sink] : []));
  const keys = await issuer.list().catch(() => []);
  const [only, ...others] = candidatesIn(keys, operation).named;
  const found: Key = only && others.length === 0 ? only : { id: unidentified, name, status: 'unknown' };
  const sinks = withoutEach(plan.sinks, holders);
  if (sinks.length === 0) return { kind: 'settled', reason: 'delivered' };
  return { kind: 'deliverable', key: { ...found, name }, secret, sinks };
}

/** The sinks that were not served; one that was named twice is served twice. */
function withoutEach(sinks: readonly string[], served: readonly string[]): string[] {
  const left = [...served];
  return sinks.filter((sink) => {
    const at = left.indexOf(sink);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

async function afterLoss(operation: Operation, issuer: Pick<Issuer<never>, 'list'>): Promise<Standing> {
  if (!operation.steps.some(({ step }) => step === 'creating'))
    return { kind: 'settled', reason: 'nothing-made' };
  const { named, timely } = candidatesIn(await issuer.list(), operation);
  const [only] = timely;
  if (named.length === 0) return { kind: 'settled', reason: 'nothing-made' };
  if (only && timely.length === 1) return { kind: 'undeliverable', key: only, holders: [] };
  return { kind: 'ambiguous', candidates: named };
}

/**
 * Goes on where a delivery stopped: each sink that turns out to hold the secret already is left as it is, so that
 * nothing is delivered twice where that can be seen. Throws what a sink throws; the secret then stays in escrow.
 */
export async function redeliver(
  operation: Operation,
  { key, secret }: { key: Key; secret: Secret },
  sinks: readonly Sink[],
  onSecret: (secret: Secret) => Promise<void>,
): Promise<Delivered[]> {
  await onSecret(secret);
  for (const sink of sinks) await sink.check();
  const delivered: Delivered[] = [];
  for (const sink of sinks) {
    const isThere = await holds(sink, secret);
    delivered.push(
      isThere ? { sink: sink.name, verified: true } : await deliverTo(sink, { secret, key, delivered }),
    );
    await operation.note({ step: 'delivered', ...(delivered.at(-1) as Delivered) });
  }
  return delivered;
}
