import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import { mayHide, unidentified } from '../key.ts';
import type { Capabilities, Delivered, Made, Sink } from '../ports.ts';
import { isOver, isUnnamed } from './candidates.ts';
import { deliverTo, holds } from './deliver.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Before } from './identify.ts';
import { identifyNew } from './identify.ts';
import type { Issuer, Subject } from './issuer.ts';
import { keySubject } from './issuer.ts';
import { certainlyNotCreated, lostReply } from './lost-reply.ts';
import type { Journal, Operation, Plan } from './operation.ts';
import { undelivered } from './undelivered.ts';

export interface Issued {
  key: Key;
  delivered: Delivered[];
}

export interface Issuing {
  /** Absent: a key. */
  subject?: Subject;
  /** Where the secret goes, in order. */
  sinks: readonly Sink[];
  /** The keys that there were before. */
  known: readonly Key[];
  /** The API keeps no names. */
  nameless?: boolean;
  /** The account has one key at most: the one that lives is the new one. */
  single?: boolean;
  journal: Journal;
  /** Runs first of all with the new secret. */
  onSecret: (secret: Secret) => Promise<void>;
}

/**
 * Makes a key and hands its secret to every sink, in order. All sinks are checked, and the operation is written down,
 * before the key exists. From the answer of the API until every sink has it, the secret is in escrow: a delivery that
 * fails leaves it there (exit 5), and so does the end of this process, whatever ends it. Without an escrow, a key that
 * no sink holds is revoked again (exit 1), and one that a sink can be shown to hold is kept (exit 5). Where the reply
 * of the API was lost, the operation stays open (exit 5).
 */
export async function issueKey<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  { subject = keySubject, sinks, known, nameless = false, single = false, journal, onSecret }: Issuing,
): Promise<Issued> {
  for (const sink of sinks) await sink.check(spec);
  const operation = await journal.begin({
    kind: subject.kind,
    name: spec.name,
    sinks: sinks.map(({ name }) => name),
    ...knownBefore(known, { name: spec.name, nameless }, issuer),
  });
  const before = { keys: known, nameless, single };
  const issued = await createAndDeliver(issuer, spec, operation, { subject, sinks, onSecret, before });
  await operation.end();
  return issued;
}

/** What a plan keeps of the keys that there were: those that could be taken for the new one. */
export function knownBefore(
  keys: readonly Key[],
  { name, nameless }: { name: string; nameless: boolean },
  issuer: { capabilities: Pick<Capabilities, 'endsLists'> },
): Pick<Plan, 'known' | 'nameless' | 'isCut'> {
  const known = keys.filter((key) => nameless || key.name === name || isUnnamed(key));
  return {
    known: known.map(({ id }) => id),
    ...(nameless && { nameless }),
    ...(mayHide(keys, issuer) && { isCut: true }),
  };
}

/**
 * Makes the key of an operation that has begun, and hands its secret to every sink. `verify` sees the secret while
 * nobody has it yet, and may refuse the key. The operation is left to the caller; where this throws, it has been seen to.
 */
export async function createAndDeliver<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  operation: Operation,
  { subject, sinks, onSecret, verify, before }: Making,
): Promise<Issued> {
  const made = believed(await make(issuer, spec, operation, subject), before, operation.plan);
  const { secret } = made;
  const { id: told = unidentified, name = spec.name } = made.key ?? {};
  // Before anything else: whatever is asked from here on may fail.
  const isHeld = await isInEscrow(operation, { id: told, name, secret });
  const key = made.key ?? (await identifyNew(issuer, { name, secret }, before));
  const { id } = key;
  if (isHeld && id !== told) await isInEscrow(operation, { id, name, secret });
  const delivered: Delivered[] = [];
  let current: Sink | undefined;
  try {
    await operation.note({ step: 'created', id, fingerprint: fingerprintOf(secret) });
    await onSecret(secret);
    await verify?.(secret, key);
    for (const sink of sinks) {
      await operation.note({ step: 'delivering', sink: sink.name });
      current = sink;
      // The name that was asked for: an API that keeps none would give the id of each new key a place of its own.
      const named = { ...key, name: spec.name };
      const arrived = await deliverTo(sink, { secret, key: named, delivered });
      current = undefined;
      delivered.push(arrived);
      // Where this cannot be written down, the place itself tells it to `recover`.
      await operation.note({ step: 'delivered', ...arrived }).catch(() => {});
    }
  } catch (cause) {
    const failed = current;
    // What could not be confirmed may have arrived all the same.
    if (failed && (await holds(failed, secret).catch(() => undefined)))
      delivered.push({ sink: failed.name, verified: true });
    throw await undelivered(issuer, operation, { subject, key, isHeld, delivered, failed, cause });
  }
  return { key, delivered };
}

export interface Making {
  subject: Subject;
  sinks: readonly Sink[];
  onSecret: (secret: Secret) => Promise<void>;
  before: Before;
  /** Throws where the key is not to be delivered. */
  verify?: (secret: Secret, key: Key) => Promise<void>;
}

/**
 * What was made, without its key where that is another one that lives already: revoking it later would cut off those who
 * use it. Only the key that is being replaced may have got a new secret.
 */
function believed({ key, ...made }: Made, { keys, single }: Before, { replaces }: Plan): Made {
  const isOther =
    !single && key?.id !== replaces?.id && keys.some((one) => one.id === key?.id && !isOver(one));
  return { ...made, ...(key && !isOther && { key }) };
}

async function make<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  operation: Operation,
  subject: Subject,
): Promise<Made> {
  try {
    const { callLimit: limit } = issuer;
    await operation.note({ step: 'creating', ...(limit !== undefined && { limit }) });
    return await issuer.create(spec);
  } catch (error) {
    if (!certainlyNotCreated(error)) throw await lostReply(issuer, operation, subject, error);
    await operation.end();
    throw error;
  }
}

/** Whether the secret is in escrow from here on. */
async function isInEscrow(operation: Operation, held: { id: string; name: string; secret: Secret }) {
  if (operation.escrow === undefined) return false;
  return operation.putInEscrow(held).then(
    () => true,
    () => false,
  );
}
