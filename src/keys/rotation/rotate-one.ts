import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { monotonicMs } from '../../platform/monotonic.ts';
import { requireCapacity } from '../capacity.ts';
import type { Destination, RecordOf } from '../destination.ts';
import { differences } from '../differences.ts';
import type { Key } from '../key.ts';
import { isActive, unidentified } from '../key.ts';
import { isOver } from '../operations/candidates.ts';
import type { Replaced } from '../operations/operation.ts';
import { requestedIn, storedDifferences } from '../requested.ts';
import { planSuccessor, requestedOf } from './carry-over.ts';
import { isDue, requireRotatable } from './eligible.ts';
import { lookAt } from './look-ahead.ts';
import { openDestination } from './open-destination.ts';
import { graceMs } from './policy.ts';
import type { RotationRecord } from './record.ts';
import { unchanged, unrotated } from './record.ts';
import type { Resumed } from './resume.ts';
import { resume, unfinished } from './resume.ts';
import { retireSuperseded } from './retire-superseded.ts';
import { rotatesInPlace } from './retirement.ts';
import { revokesFirst } from './revoke-first.ts';
import type { Rotated } from './rotation.ts';
import { rotateKey } from './rotation.ts';
import type { RotationJob, RotationServices } from './services.ts';
import { isVerified } from './verify-new-key.ts';

/**
 * Brings one name to where it should be: finishes what was interrupted, retires old keys whose time has come, and
 * replaces the current key if that is due. Undefined: the new secret was printed with its record. Throws `KeysError`.
 */
export async function rotateOne(
  services: RotationServices,
  job: RotationJob,
): Promise<RotationRecord | undefined> {
  const { old, policy } = job;
  requireRotatable(old, policy);
  if (policy.dryRun) return dryRun(services, job);
  const destination = policy.finishOnly ? undefined : await openDestination(services, job);
  const release = job.ahead?.claim() ?? (await services.claimName(old.name));
  try {
    const resumed = await resume(services, job);
    const keys = resumed.hasChanged ? await services.listKeys(concerned(old, resumed)) : job.keys;
    const listedAt = resumed.hasChanged ? monotonicMs() : job.listedAt;
    const settled = await retireSuperseded(services, { ...job, keys }, destination?.places ?? []);
    const current = currentKey(keys, old);
    // A key with old ones left to retire is not done with.
    const onReplaced = settled.pending === undefined ? job.onReplaced : undefined;
    const retirements = { ...settled, retired: [...resumed.retired, ...settled.retired] };
    if (resumed.rotated) {
      onReplaced?.(current.id);
      const end = endOfOld(keys, resumed.rotated.oldId, current.id);
      return { ...unchanged(current), ...resumed.rotated, ...end, ...retirements };
    }
    if (!destination || !(resumed.isRenewed || (await isWanted(services, current, job))))
      return { ...unchanged(current), ...retirements };
    const record = await rotate(services, { ...job, keys, listedAt, old: current, onReplaced }, destination);
    if (record) return { ...record, ...retirements };
    if (settled.pending !== undefined) throw unfinished(settled.pending, []);
    return undefined;
  } finally {
    release();
  }
}

async function isWanted(services: RotationServices, current: Key, job: RotationJob): Promise<boolean> {
  return job.isWanted ? job.isWanted(current) : isDue(services, current, job);
}

/** What is listed again once earlier operations are finished: the name, and the key that one of them has replaced. */
function concerned(old: Key, { rotated }: Resumed): string[] {
  return [old.name, old.id, ...(rotated?.oldId ? [rotated.oldId] : [])];
}

/** The key of the name that is in use; where nothing tells which one is newest, it is the one that was named. */
function currentKey(keys: readonly Key[], old: Key): Key {
  const isCurrent = (key: Key) => key.name === old.name && isActive(key) && !key.superseded;
  return keys.find((key) => key.id === old.id && isCurrent(key)) ?? keys.find(isCurrent) ?? old;
}

/** What became of the old key of a rotation that an earlier command began. */
function endOfOld(
  keys: readonly Key[],
  oldId: string | null,
  newId: string,
): Partial<Pick<RotationRecord, 'oldRevoked' | 'oldRevokeAt'>> {
  if (oldId === newId) return {};
  const old = keys.find(({ id }) => id === oldId);
  const oldRevoked = old === undefined || isOver(old);
  return { oldRevoked, oldRevokeAt: oldRevoked ? null : (old.retireAt ?? old.expiresAt ?? null) };
}

/** Whether a key was revoked, or given another end, between two looks at it: another process has rotated it. */
function isEnded(before: Key, now: Key): boolean {
  if (now.status === 'revoked') return before.status !== 'revoked';
  return before.expiresAt !== undefined && now.expiresAt !== undefined && before.expiresAt !== now.expiresAt;
}

function overtaken(name: string): KeysError {
  return new KeysError({
    code: 'rotation_under_way',
    message: `another process has just rotated ${name}, or revoked its key: nothing was done here`,
    hints: ['keys list'],
  });
}

async function rotate(
  services: RotationServices,
  { keys, listedAt, old: listed, policy, isOne, ahead, pace, onReplaced }: RotationJob,
  destination: Destination<RotationRecord>,
): Promise<RotationRecord | undefined> {
  const { backend } = services;
  const { capabilities } = backend;
  const { name: profile, provider } = services.profile;
  const placed = (key: Key): Key => ({ ...key, provider, profile });
  const seen = await lookAt(services, listed, { seen: ahead?.seen, listedAt });
  // It was listed before its name was claimed.
  if (!seen || isEnded(listed, seen.key)) throw overtaken(listed.name);
  const { key: old, seenAt } = seen;
  const successor = await planSuccessor(services, old, policy);
  if (capabilities.overlap === 'client') requireCapacity(provider, capabilities, keys);
  const replaces = replacedBy(services, old, policy);
  const requested = requestedOf(services, old, successor, policy);
  const recordOf: RecordOf<RotationRecord> = ({ key, delivered, operation }) => ({
    ...unchanged(placed({ ...key, superseded: false })),
    ...expectedEnd(replaces, services.now),
    old: placed(old),
    oldId: old.id,
    verified: isVerified(backend, replaces),
    changed: true,
    delivered,
    operation,
    ...requestedIn(differences(requested, key, capabilities)),
  });

  services.startMutation();
  const rotated = await rotateKey(backend, {
    old,
    ...(seenAt !== undefined && { seenAt }),
    spec: successor.spec,
    ...(policy.expires !== undefined && { expires: policy.expires }),
    replaces,
    sinks: destination.sinks(recordOf),
    known: keys,
    nameless: !capabilities.reports.includes('name'),
    journal: await services.journal(),
    onSecret: (secret) => services.maskInLog(secret),
    now: () => services.now,
    ...(pace && { pace }),
    ...(onReplaced && { onReplaced }),
    onNoEscrow: () => services.tell({ type: 'no-escrow' }),
    requireFirst: async (key) => services.requireFirst?.({ ...key, name: old.name }, keys),
    isOurs: async (value) => (await services.provenHolder(keys, value)) !== undefined,
  }).catch((error: unknown) => {
    throw withObstacles(error, keys, old);
  });
  const { key, delivered, operation, ...retirement } = rotated;
  await tellContradictions(services, old, rotated);
  const stored = await storedDifferences(backend, requested, key);
  await services.tell({ type: 'stored', key, differences: stored });
  if (isOne) await services.tell({ type: 'delivered', delivered });
  if (key.id === unidentified && rotatesInPlace(backend))
    await services.tell({ type: 'unidentified', oldId: old.id });
  else if (isOne) {
    const isDisabled = !capabilities.revoke;
    await services.tell({ type: 'replaced', oldId: old.id, newId: key.id, retirement, isDisabled });
  }
  if (destination.printsSecret) return undefined;
  return { ...recordOf({ key, delivered, operation }), ...retirement, ...requestedIn(stored) };
}

/** What the journal keeps of the key that is replaced. */
function replacedBy({ backend, now }: RotationServices, old: Key, policy: RotationJob['policy']): Replaced {
  const { id, prefix, createdAt, expiresAt } = old;
  const isFirst = revokesFirst(backend);
  // Tells afterwards whether the API has replaced the secret of this key in place.
  const shown = { ...(prefix !== undefined && { prefix }), ...(createdAt !== undefined && { createdAt }) };
  return {
    id,
    grace: isFirst ? 0 : graceMs(policy, now),
    ...(isFirst && { revokedFirst: true as const }),
    ...(policy.whenIdle !== undefined && { untilIdle: true as const }),
    ...(!policy.verify && { unverified: true as const }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(rotatesInPlace(backend) && { shown }),
  };
}

/** When the old key ends if everything goes well. */
function expectedEnd(
  { grace, untilIdle }: Replaced,
  now: Date,
): Pick<RotationRecord, 'oldRevoked' | 'oldRevokeAt'> {
  return {
    oldRevoked: grace === 0 && !untilIdle,
    oldRevokeAt: untilIdle ? null : new Date(now.getTime() + grace).toISOString(),
  };
}

/** Where the account is full, names the superseded keys that could make room. None of them is revoked for it. */
function withObstacles(error: unknown, keys: readonly Key[], { name }: Key): unknown {
  if (!(error instanceof KeysError) || error.failure.code !== 'key_limit') return error;
  const older = keys.filter((key) => key.name === name && key.superseded && isActive(key));
  if (older.length === 0) return error;
  const hints = older.map(
    ({ id }) => `revoke an older key of this name to make room: keys revoke ${shellWord(id)} --yes`,
  );
  return new KeysError({ ...error.failure, hints: [...hints, 'keys list'], cause: error });
}

/** The API promised a grace period, or an end; the old value tells whether it kept that. */
async function tellContradictions(
  services: RotationServices,
  { id }: Key,
  { oldRevoked, oldRevokeAt, oldWorks }: Rotated,
): Promise<void> {
  if (oldWorks === undefined) return;
  if (oldRevoked && oldWorks) await services.tell({ type: 'old-value-still-works', id });
  if (!oldRevoked && !oldWorks)
    await services.tell({ type: 'old-key-stopped-early', id, until: oldRevokeAt });
}

async function dryRun(services: RotationServices, job: RotationJob): Promise<RotationRecord> {
  const { old, policy, isOne } = job;
  if (isOne) await services.tell({ type: 'dry-run' });
  const isWanted = !policy.finishOnly && (await isDue(services, old, job));
  if (!isWanted) return { ...unchanged(old), dryRun: true };
  const seen = await lookAt(services, old, job);
  if (!seen) throw overtaken(old.name);
  await planSuccessor(services, seen.key, policy);
  const grace = revokesFirst(services.backend) ? 0 : graceMs(policy, services.now);
  const oldRevokeAt = new Date(services.now.getTime() + grace).toISOString();
  return { ...unrotated(old), oldRevokeAt, dryRun: true };
}
