import { usageError } from '../../base/errors.ts';
import { monotonicMs } from '../../platform/monotonic.ts';
import { requireRotation } from '../capability-check.ts';
import { findKeys } from '../find.ts';
import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { OwnKey } from '../own-key.ts';
import { lockOut } from '../own-key.ts';
import type { LookAhead } from './look-ahead.ts';
import { tryDestination } from './open-destination.ts';
import type { RotationPolicy } from './policy.ts';
import { isNone } from './policy.ts';
import type { RotationRecord } from './record.ts';
import { unfinished } from './resume.ts';
import { rotatesInPlace } from './retirement.ts';
import { revokesFirst } from './revoke-first.ts';
import type { RotationBatch } from './rotate-many.ts';
import { rotateOne } from './rotate-one.ts';
import type { Pace, RotationServices } from './services.ts';

export interface RotationRequest {
  /** Ids or names; empty: every key that the policy is about. */
  references: readonly string[];
  all: boolean;
  policy: RotationPolicy;
}

/** One key, whose secret may have been printed with its record (undefined); or several, whose records are read first. */
export type RotationRun =
  | { kind: 'one'; record: RotationRecord | undefined }
  | { kind: 'many'; batch: RotationBatch };

/** Rotates the keys of a request. Throws `KeysError`, before anything happens, for what cannot be done (2, 3). */
export async function rotateKeys(
  services: RotationServices,
  { references, all, policy }: RotationRequest,
): Promise<RotationRun> {
  const { capabilities } = services.backend;
  const { finishOnly } = policy;
  const rotates = rotatesInPlace(services.backend);
  requireRotation(services.profile.provider, { capabilities, rotates, finishOnly });
  requireOverlap(services, policy);
  if (!capabilities.revoke && !rotates)
    await services.tell({ type: 'only-disables', provider: services.profile.provider });
  const keys = await services.listKeysWith(references);
  const listedAt = monotonicMs();
  await requireKeyLeft(services, keys, references);
  const targets = chooseTargets(keys, references, policy);
  const own = policy.dryRun || policy.finishOnly ? undefined : await services.ownKey(keys);
  const [old, ...others] = targets;
  const isOne = references.length === 1 && !all && !policy.finishOnly && others.length === 0;
  await tryDestination(services, { policy, isOne });
  if (isOne && old) {
    const withOwn = own?.key.id === old.id ? await includeOwn(services, own, policy) : policy;
    return {
      kind: 'one',
      record: await rotateOne(services, { keys, listedAt, old, policy: withOwn, isOne: true }),
    };
  }
  const isOwn = ({ id }: Key) => id === own?.key.id;
  if (own && targets.some(isOwn)) await services.tell({ type: 'own-key-skipped', key: own.key });
  const rotatable = targets.filter((key) => !isOwn(key));
  const fleet = all && isPlain(policy) ? await fleetOf(services, rotatable, policy) : undefined;
  const remaining = fleet?.remaining ?? rotatable;
  const lookAhead = await lookAheadAt(services, remaining, policy);
  const work = async (target: Key, pace: Pace) => {
    const ahead = await lookAhead?.at(target, pace.concurrency);
    // What was looked at ahead was listed later.
    const known = ahead ? { keys, ahead } : { keys, listedAt };
    const job = { ...known, old: target, policy, isOne: false, pace };
    return rotateOne(services, { ...job, ...(fleet && { onReplaced: fleet.note }) });
  };
  const { RotationBatch } = await import('./rotate-many.ts');
  const batch: RotationBatch = new RotationBatch(services, remaining, work, async () => {
    await lookAhead?.end();
    await fleet?.close({ isWhole: batch.exit === 'done' });
  });
  return { kind: 'many', batch };
}

/** Every key is to be replaced, whatever its age. */
function isPlain({ dryRun, finishOnly, due, olderThan }: RotationPolicy): boolean {
  return !(dryRun || finishOnly || due || olderThan);
}

async function fleetOf(services: RotationServices, targets: readonly Key[], policy: RotationPolicy) {
  const { continueFleet } = await import('./continue-fleet.ts');
  return continueFleet(services, targets, policy);
}

/** Undefined unless every key is to be replaced, and the list of the API tells what there is to know of them. */
async function lookAheadAt(
  services: RotationServices,
  targets: readonly Key[],
  policy: RotationPolicy,
): Promise<LookAhead | undefined> {
  const { show } = services.backend.capabilities;
  if ((show && !services.listsWhole) || !isPlain(policy)) return undefined;
  // Keys of one name are rotated one after the other.
  if (new Set(targets.map(({ name }) => name)).size < targets.length) return undefined;
  const { LookAhead } = await import('./look-ahead.ts');
  return new LookAhead(services, targets);
}

/** Refuses what needs a moment in which no key works (exit 2), unless the policy accepts that. */
function requireOverlap({ backend, profile: { provider } }: RotationServices, policy: RotationPolicy): void {
  if (backend.capabilities.overlap !== 'none') {
    if (backend.rotationKeepsId && rotatesInPlace(backend)) requireEndByGrace(provider, policy);
    return;
  }
  const { allowDowntime, finishOnly, dryRun, grace, whenIdle } = policy;
  const flag = grace && !isNone(grace) ? '--grace' : whenIdle && !finishOnly && '--when-idle';
  if (flag) {
    throw usageError(
      `${flag}: the provider ${provider} ends the old value at once, without a grace period`,
      `leave out ${flag}`,
    );
  }
  if (allowDowntime || finishOnly || dryRun) return;
  throw usageError(
    backend.capabilities.maxKeys === 1
      ? `the provider ${provider} allows one key: the old one stops working before the new one is delivered`
      : `the provider ${provider} ends the old value at once, before the new one is delivered`,
    'add --allow-downtime to rotate anyway',
  );
}

/** The old secret of the same key ends when the rotation says, and cannot be ended later on. */
function requireEndByGrace(
  provider: string,
  { allowDowntime, finishOnly, dryRun, grace, whenIdle }: RotationPolicy,
): void {
  if (finishOnly) return;
  if (whenIdle)
    throw usageError(
      `--when-idle: the provider ${provider} rotates a key in place, so its old secret ends at a set time`,
      'say when: --grace 7d',
    );
  if (!grace || !isNone(grace) || allowDowntime || dryRun) return;
  throw usageError(
    `--grace 0: the provider ${provider} would end the old secret at once, before the new one is delivered`,
    'give the new secret time to arrive: --grace 1h',
    'or add --allow-downtime to rotate anyway',
  );
}

/** If the old key is revoked first, an interrupted rotation may have left no key of its name (5). */
async function requireKeyLeft(
  { backend, openRotations }: RotationServices,
  keys: readonly Key[],
  references: readonly string[],
): Promise<void> {
  if (!revokesFirst(backend)) return;
  for (const name of references) {
    if (keys.some((key) => key.name === name && isActive(key))) continue;
    const [open] = await openRotations(name);
    if (!open) continue;
    const { id } = open.header;
    const message = `an earlier rotation of ${name} is unfinished: its old key is revoked, and no new one exists`;
    throw unfinished(message, [`keys recover ${id}`], id);
  }
}

/** Throws `KeysError` (3) for a key that does not exist. */
function chooseTargets(
  keys: readonly Key[],
  references: readonly string[],
  { finishOnly }: RotationPolicy,
): Key[] {
  if (references.length > 0) return findKeys(keys, references);
  const current = keys.filter((key) => isActive(key) && !key.superseded);
  if (!finishOnly) return current;
  const supersededNames = new Set(
    keys.filter((key) => key.superseded && isActive(key)).map(({ name }) => name),
  );
  return current.filter(({ name }) => supersededNames.has(name));
}

/** A key that is our own session token is stored as such, too; where keys does not keep the token, it is refused (2). */
async function includeOwn(
  services: RotationServices,
  own: OwnKey,
  policy: RotationPolicy,
): Promise<RotationPolicy> {
  if (!own.isStored) throw lockOut(own);
  await services.tell({ type: 'own-key-included', key: own.key, profile: own.profile });
  return { ...policy, to: [...policy.to, `login:${own.profile}`] };
}
