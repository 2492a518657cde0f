import { KeysError, shellWord } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { deliverTo } from './deliver.ts';
import type { Before } from './identify.ts';
import { identifyNew } from './identify.ts';
import type { Key } from './key.ts';
import { unidentified } from './key.ts';
import { lostReply, madeNothing } from './lost-reply.ts';
import type { Journal, Operation, Plan } from './operation.ts';
import type { Delivered, Made, Sink } from './ports.ts';

export interface Issued {
  key: Key;
  delivered: Delivered[];
}

/** Makes what has a secret, and takes it back. */
export interface Issuer<Spec extends { name: string }> {
  create(spec: Spec): Promise<Made>;
  revoke(id: string): Promise<boolean>;
  /** All that there are; looked through where a reply was lost, or does not tell which key it made. */
  list(): Promise<readonly Key[]>;
  /** The id of the key that a secret is of, as the API says. */
  identify?(secret: Secret): Promise<string | undefined>;
}

/** What is issued, for messages and for the journal, and the command that revokes it. */
export interface Subject {
  kind: Plan['kind'];
  noun: string;
  revocation: (id: string) => string;
}

export const aKey: Subject = {
  kind: 'create',
  noun: 'key',
  revocation: (id) => `keys revoke ${shellWord(id)} --yes`,
};

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
  { subject = aKey, sinks, known, nameless = false, single = false, journal, onSecret }: Issuing,
): Promise<Issued> {
  for (const sink of sinks) await sink.check();
  const operation = await journal.begin({
    kind: subject.kind,
    name: spec.name,
    sinks: sinks.map(({ name }) => name),
    known: known.filter(({ name }) => nameless || name === spec.name).map(({ id }) => id),
    ...(nameless && { nameless }),
  });
  const before = { keys: known, nameless, single };
  const issued = await makeAndDeliver(issuer, spec, operation, { subject, sinks, onSecret, before });
  await operation.end();
  return issued;
}

/**
 * Makes the key of an operation that has begun, and hands its secret to every sink. `approve` sees the secret while
 * nobody has it yet, and may refuse the key. The operation is left to the caller; where this throws, it has been seen to.
 */
export async function makeAndDeliver<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  operation: Operation,
  { subject, sinks, onSecret, approve, before }: Making,
): Promise<Issued> {
  const made = await make(issuer, spec, operation, subject);
  const { secret } = made;
  const { id: told = unidentified, name = spec.name } = made.key ?? {};
  // Before anything else: whatever is asked from here on may fail.
  const isHeld = await holds(operation, { id: told, name, secret });
  const key = made.key ?? (await identifyNew(issuer, { name, secret }, before));
  const { id } = key;
  if (isHeld && id !== told) await holds(operation, { id, name, secret });
  const delivered: Delivered[] = [];
  let current: Sink | undefined;
  try {
    await operation.note({ step: 'created', id });
    await onSecret(secret);
    await approve?.(secret, key);
    for (const sink of sinks) {
      current = sink;
      delivered.push(await deliverTo(sink, { secret, key, delivered }));
      await operation.note({ step: 'delivered', ...(delivered.at(-1) as Delivered) });
    }
  } catch (cause) {
    const failed = current;
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
  approve?: (secret: Secret, key: Key) => Promise<void>;
}

async function make<Spec extends { name: string }>(
  issuer: Issuer<Spec>,
  spec: Spec,
  operation: Operation,
  subject: Subject,
): Promise<Made> {
  try {
    await operation.note({ step: 'creating' });
    return await issuer.create(spec);
  } catch (error) {
    if (!madeNothing(error)) throw await lostReply(issuer, operation, subject, error);
    await operation.end();
    throw error;
  }
}

/** Whether the secret is in escrow from here on. */
async function holds(operation: Operation, held: { id: string; name: string; secret: Secret }) {
  if (operation.escrow === undefined) return false;
  return operation.hold(held).then(
    () => true,
    () => false,
  );
}

interface Undelivered {
  subject: Subject;
  key: Key;
  isHeld: boolean;
  delivered: readonly Delivered[];
  failed: Sink | undefined;
  cause: unknown;
}

/** The failure to report, after the world was put in order. */
async function undelivered(
  issuer: Pick<Issuer<never>, 'revoke'>,
  operation: Operation,
  { subject: { noun, revocation }, key, isHeld, delivered, failed, cause }: Undelivered,
): Promise<KeysError> {
  const to = failed ? ` to ${failed.name}` : '';
  const reason = cause instanceof Error ? cause.message : String(cause);
  const recovery = `keys recover ${operation.id}`;
  const isKnown = key.id !== unidentified;
  const which = isKnown ? `${key.name} (${key.id})` : key.name;
  const unfinished = (code: string, message: string, hints: readonly string[]) =>
    new KeysError({ exit: 'unfinished', code, message, hints, operation: operation.id, cause });
  const leave = async () => {
    // The disk may be full, which may be why it was not delivered: what was written before is enough to go on.
    await operation
      .note({ step: 'undelivered', ...(failed && { sink: failed.name }), reason })
      .catch(() => {});
    await operation.leave();
  };

  if (isHeld) {
    await leave();
    const others = delivered.length > 0 ? `is in ${names(delivered)}, but ` : '';
    return unfinished(
      'in_escrow',
      `the secret of ${which} ${others}was not delivered${to}: ${reason}; it waits in the ${operation.escrow}`,
      [...causeHints(cause), recovery],
    );
  }
  const holders = delivered.filter(({ verified }) => verified);
  if (holders.length > 0) {
    await leave();
    return unfinished(
      'partly_delivered',
      `the secret of ${which} is in ${names(holders)} but was not delivered${to}: ${reason}`,
      [
        ...(isKnown ? [revocation(key.id)] : []),
        `the ${noun} works; copy its secret from ${holders[0]?.sink} or revoke it`,
        recovery,
      ],
    );
  }
  if (isKnown && (await issuer.revoke(key.id).catch(() => false))) {
    await operation.end();
    return new KeysError({
      exit: 'failed',
      code: 'delivery_failed',
      message: `the secret was not delivered${to}: ${reason}; the new ${noun} ${key.id} was revoked again`,
      hints: [...causeHints(cause), 'how it could have waited instead: keys doctor'],
      cause,
    });
  }
  await leave();
  return unfinished(
    'orphan_key',
    `the secret was not delivered${to} (${reason}), and the new ${noun} ${key.id || key.name} could not be revoked`,
    isKnown ? [recovery, revocation(key.id)] : [recovery, 'keys list'],
  );
}

function names(delivered: readonly Delivered[]): string {
  return delivered.map(({ sink }) => sink).join(', ');
}

function causeHints(cause: unknown): readonly string[] {
  return cause instanceof KeysError ? (cause.failure.hints ?? []) : [];
}
