import type { Secret } from '../../base/secret.ts';
import { monotonicMs } from '../../platform/monotonic.ts';
import type { Aside } from '../../platform/permits.ts';
import { directly } from '../../platform/permits.ts';
import type { BeforeSending } from '../before-sending.ts';
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
import { certainlyNotCreated, lostReply, withoutKey } from './lost-reply.ts';
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
  /** The keys that existed before. */
  known: readonly Key[];
  /** The API keeps no names. */
  nameless?: boolean;
  /** The account has at most one key: the active one is the new one. */
  single?: boolean;
  journal: Journal;
  /** Runs before the secret goes anywhere. */
  onSecret: (secret: Secret) => Promise<void>;
  /** Called if it is certain that nothing was created, and nothing is left of the operation. */
  onNotCreated?: () => void;
  /** See `Creation`. */
  verify?: (secret: Secret, key: Key) => Promise<void>;
}

/**
 * Creates a key and delivers its secret to every sink, in order. All sinks are checked, and the operation is written down,
 * before the key exists. From the answer of the API until every sink has it, the secret is in escrow: a failed delivery
 * leaves it there (exit 5), and so does the end of this process. Without an escrow, a key that no sink holds is revoked
 * (exit 1), and a key that a sink verifiably holds is kept (exit 5). If the reply of the API is lost, the operation stays
 * open (exit 5).
 */
export async function issueKey<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  issuing: Issuing,
): Promise<Issued> {
  const { subject = keySubject, sinks, known, nameless = false, single = false, journal, onSecret } = issuing;
  for (const sink of sinks) await sink.check(spec);
  const operation = await journal.begin({
    kind: subject.kind,
    name: spec.name,
    sinks: sinks.map(({ name }) => name),
    ...knownBefore(known, { name: spec.name, nameless }, issuer),
  });
  const before = { keys: known, nameless, single };
  const { onNotCreated, verify } = issuing;
  const issuedKey = await createAndDeliver(issuer, spec, operation, {
    subject,
    sinks,
    onSecret,
    before,
    ...(onNotCreated && { onNotCreated }),
    ...(verify && { verify }),
  });
  await operation.end();
  return issuedKey;
}

/** What a plan keeps of the existing keys: those that could be mistaken for the new one. */
export function knownBefore(
  keys: readonly Key[],
  { name, nameless }: { name: string; nameless: boolean },
  issuer: { capabilities: Pick<Capabilities, 'endsLists'> },
): Pick<Plan, 'known' | 'nameless' | 'isCut'> {
  const similarKeys = keys.filter((key) => nameless || key.name === name || isUnnamed(key));
  return {
    known: similarKeys.map(({ id }) => id),
    ...(nameless && { nameless }),
    ...(mayHide(keys, issuer) && { isCut: true }),
  };
}

/**
 * Creates the key of an operation that has begun, and delivers its secret to every sink. `verify` gets the secret before
 * any sink does, and may refuse the key. The caller ends the operation, and settles it before it ends anything else: the
 * last delivery need not be on disk yet. If this throws, the operation has been ended or left open.
 */
export async function createAndDeliver<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  operation: Operation,
  creation: Creation,
): Promise<Issued> {
  const { sinks, onSecret, verify, before, aside = directly, deliver = directly } = creation;
  const issuedKey = withoutKnownKey(await create(issuer, spec, operation, creation), before, operation.plan);
  const { secret } = issuedKey;
  const { id: reportedId = unidentified, name = spec.name } = issuedKey.key ?? {};
  // Before anything else: every later call may fail.
  const isHeld =
    operation.escrow !== undefined &&
    (await aside(() => isInEscrow(operation, { id: reportedId, name, secret })));
  const { key, isProven } = issuedKey.key
    ? { key: issuedKey.key, isProven: true }
    : await identifyNew(issuer, { name, secret }, before);
  const { id } = key;
  if (isHeld && id !== reportedId) await isInEscrow(operation, { id, name, secret });
  const delivered: Delivered[] = [];
  let current = undefined as Sink | undefined;
  try {
    const certainId = isProven || isHeld ? id : unidentified;
    operation.noteAhead({ step: 'created', id: certainId, fingerprint: fingerprintOf(secret) });
    // Meanwhile the new key is verified, which changes nothing. A failure is met before the delivery.
    const settled = operation.settle();
    settled.catch(() => {});
    await onSecret(secret);
    await verify?.(secret, key);
    await deliver(async () => {
      await settled;
      for (const sink of sinks) {
        await operation.note({ step: 'delivering', sink: sink.name });
        current = sink;
        // The requested name: an API without names reports the id, and each new key would get a different place.
        const namedKey = { ...key, name: spec.name };
        const delivery = await deliverTo(sink, {
          secret,
          key: namedKey,
          delivered,
          operation: operation.id,
        });
        current = undefined;
        delivered.push(delivery);
        noteDelivery(operation, delivery);
      }
    });
  } catch (cause) {
    const failedSink = current;
    // A delivery that could not be confirmed may have arrived anyway.
    if (failedSink && (await holds(failedSink, secret).catch(() => undefined)))
      delivered.push({ sink: failedSink.name, verified: true });
    throw await undelivered(issuer, operation, {
      subject: creation.subject,
      key,
      isProven,
      isHeld,
      delivered,
      failed: failedSink,
      cause,
    });
  }
  return { key, delivered };
}

export interface Creation {
  subject: Subject;
  sinks: readonly Sink[];
  onSecret: (secret: Secret) => Promise<void>;
  before: Before;
  /** See `Issuing`. */
  onNotCreated?: () => void;
  /** What the steps on this machine, and what the deliveries run in. */
  aside?: Aside;
  deliver?: Aside;
  /** Throws if the key must not be delivered. */
  verify?: (secret: Secret, key: Key) => Promise<void>;
}

/**
 * What the API issued, without its key if that is a different key that already existed: revoking it later would break its
 * users. Only the key that is being replaced may have got a new secret.
 */
function withoutKnownKey({ key, ...issued }: Made, { keys, single }: Before, { replaces }: Plan): Made {
  const isOther =
    !single && key?.id !== replaces?.id && keys.some((one) => one.id === key?.id && !isOver(one));
  return { ...issued, ...(key && !isOther && { key }) };
}

async function create<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  operation: Operation,
  { subject, onNotCreated, aside = directly }: Creation,
): Promise<Made> {
  try {
    await noteCreation(issuer, operation, aside);
    return await issuer.create(spec, holding(operation, spec.name));
  } catch (error) {
    if (!certainlyNotCreated(error)) throw await lostReply(issuer, operation, subject, error);
    if (operation.plan.replaces?.revokedFirst) throw await withoutKey(operation, error);
    await operation.end();
    onNotCreated?.();
    throw error;
  }
}

/** `recover` looks for a key by the time of the record, so that must not be much older than the call. */
const maxRecordAgeMs = 1000;

async function noteCreation(
  { callLimit: limit }: Pick<Issuer<never>, 'callLimit'>,
  operation: Operation,
  aside: Aside,
): Promise<void> {
  const step = { step: 'creating' as const, ...(limit !== undefined && { limit }) };
  const notedAt = monotonicMs();
  await aside(() => operation.note(step));
  // It has waited for its turn to call.
  if (monotonicMs() - notedAt > maxRecordAgeMs) await operation.note(step);
}

/** A secret that is made here is in escrow before the call that sends it: if the reply is lost, the secret is not. */
function holding(operation: Operation, name: string): BeforeSending {
  return async ({ secret, isFinal }) => {
    if (operation.escrow === undefined) return;
    await operation.note({ step: 'sending', ...(isFinal && { isFinal }) });
    await operation.putInEscrow({ id: unidentified, name, secret });
  };
}

/** If this cannot be written down, the sink itself tells `recover`. */
function noteDelivery(operation: Operation, delivery: Delivered): void {
  try {
    operation.noteAhead({ step: 'delivered', ...delivery });
  } catch {}
}

/** Whether the secret is in escrow now. */
async function isInEscrow(operation: Operation, newSecret: { id: string; name: string; secret: Secret }) {
  return operation.putInEscrow(newSecret).then(
    () => true,
    () => false,
  );
}
