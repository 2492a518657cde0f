import { absoluteTime } from '../../base/time.ts';
import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import { isWaiting } from '../operations/operation.ts';
import type { KeyChanges } from '../ports.ts';
import { whyDue } from '../rotation/eligible.ts';
import { graceMs } from '../rotation/policy.ts';
import { rotatesInPlace } from '../rotation/retirement.ts';
import type { Action, NamePlan } from './action.ts';
import type { DesiredKey } from './desired-key.ts';
import { wouldBeDue } from './expiry.ts';
import { differencesOf, updateRefusals } from './field-changes.ts';
import { namingObstacle } from './naming-obstacle.ts';
import { creationRefusals, rotationRefusals } from './refusals.ts';
import { retirementsOf } from './retirements.ts';
import { spanText } from './span-text.ts';
import type { Observation, PlanWorld } from './world.ts';

/**
 * What is to be done so that the key of a name is as the file says. Pure: the same world gives the same plan, and what is
 * done changes the world so that nothing is left to do.
 */
export function planName(desired: DesiredKey, world: PlanWorld, observation: Observation): NamePlan {
  const plan = { desired, retirements: [], isUnfinished: false };
  const obstacle = namingObstacle(desired, world);
  if (obstacle) return { ...plan, main: actionOn(desired, world, 'refused', { reason: obstacle }) };
  const unfinished = unfinishedOf(desired, world);
  if (unfinished) return { ...plan, main: unfinished, isUnfinished: true };
  const { current } = observation;
  if (!current) return { ...plan, main: planCreation(desired, world) };
  const retirements = retirementsOf(desired, world, observation);
  const main = guardOwn(planExisting(desired, world, { ...observation, current }, retirements), world);
  return { ...plan, main, retirements };
}

export function actionOn(
  { name, owner }: DesiredKey,
  { profile }: Pick<PlanWorld, 'profile'>,
  action: Action['action'],
  rest: Partial<Action> = {},
): Action {
  return { action, name, profile, ...rest, ...(owner !== undefined && { owner }) };
}

/** What an earlier command began and did not finish. */
function unfinishedOf(desired: DesiredKey, world: PlanWorld): Action | undefined {
  const unfinished = world.open.find(
    (operation) => operation.header.plan.name === desired.name && !isWaiting(operation),
  );
  if (!unfinished) return undefined;
  const { id, plan } = unfinished.header;
  const isRotation = plan.kind === 'rotate';
  return actionOn(desired, world, isRotation ? 'rotate' : 'create', {
    ...(plan.replaces && { keyId: plan.replaces.id }),
    reason: `an earlier ${isRotation ? 'rotation' : 'creation'} is unfinished (${id}): it is finished first`,
  });
}

function planCreation(desired: DesiredKey, world: PlanWorld): Action {
  const refusals = creationRefusals(desired, world);
  if (refusals.length > 0) return actionOn(desired, world, 'refused', { reason: refusals.join('; ') });
  return actionOn(desired, world, 'create', {
    changes: [
      ...differencesOf(desired, undefined, world).changes,
      ...desired.to.map((to) => ({ field: 'to', from: null, to })),
    ],
  });
}

interface Existing extends Observation {
  current: Key;
}

function planExisting(
  desired: DesiredKey,
  world: PlanWorld,
  observation: Existing,
  retirements: readonly Action[],
): Action {
  const { current } = observation;
  const { changes, update, unreported, replaceReason } = differencesOf(desired, current, world);
  const drift = driftOf(observation);
  const all = [...changes, ...drift.changes];
  const base = { keyId: current.id, ...(all.length > 0 && { changes: all }) };
  if (current.status === 'unknown')
    return actionOn(desired, world, 'refused', {
      ...base,
      reason: 'the API reports a status of the key that keys does not know',
    });
  const updateProblems = changes.length > 0 ? updateRefusals(desired, update, world) : [];
  const isPatient = all.length === 0;
  const reason =
    expiredReason(current) ??
    dueReason(desired, current, world) ??
    replaceReason ??
    (updateProblems.length > 0 ? `${updateProblems.join('; ')}, so another key replaces it` : undefined) ??
    (world.redelivers ? drift.reason : undefined);
  if (reason !== undefined && current.status !== 'disabled')
    return planRotation(desired, world, {
      ...{ observation, retirements, reason, base, update, updateProblems, isPatient },
    });
  if (updateProblems.length > 0)
    return actionOn(desired, world, 'refused', { ...base, reason: updateProblems.join('; ') });
  const driftReason = drift.reason && `${drift.reason}: --redeliver replaces the key`;
  if (changes.length > 0)
    return actionOn(desired, world, 'change', {
      ...base,
      ...(driftReason && { reason: driftReason, isPending: true }),
    });
  if (driftReason)
    return actionOn(desired, world, 'refused', { ...base, reason: driftReason, isPending: true });
  const obstacle = dueObstacle(desired, current, world);
  if (obstacle) return actionOn(desired, world, 'refused', { ...base, reason: obstacle });
  const remark = remarkOn(observation, unreported);
  return actionOn(desired, world, 'none', { ...base, ...(remark && { reason: remark }) });
}

interface RotationCase {
  observation: Existing;
  retirements: readonly Action[];
  reason: string;
  base: Partial<Action>;
  update: KeyChanges;
  updateProblems: readonly string[];
  /** Nothing is wrong but its age. */
  isPatient: boolean;
}

function planRotation(
  desired: DesiredKey,
  world: PlanWorld,
  {
    observation: { current },
    retirements,
    reason,
    base,
    update: { expiresAt: _, ...update },
    updateProblems,
    isPatient,
  }: RotationCase,
): Action {
  // The API's own rotation keeps everything but the expiry: the rest is changed afterwards.
  const keepsFields = rotatesInPlace(world.backend);
  const refusals = [
    ...rotationRefusals(desired, current, world),
    ...(keepsFields ? updateRefusals(desired, update, world) : []),
  ];
  if (refusals.length > 0) {
    const causes =
      updateProblems.length > 0 ? [...new Set([...updateProblems, ...refusals])] : [reason, ...refusals];
    return actionOn(desired, world, 'refused', { ...base, reason: causes.join('; ') });
  }
  const older = olderOf(desired, world, current, retirements);
  if (older) {
    const until = older.retireAt ?? older.expiresAt;
    const waits = isPatient && until;
    const end = until ? ` until ${absoluteTime(until)}` : '';
    return actionOn(desired, world, waits ? 'none' : 'refused', {
      ...base,
      reason: `${reason}; the older key ${older.id} still works${end}, so a third one is not created`,
      ...(!waits && { isPending: true }),
    });
  }
  const grace = graceMs({ grace: desired.rotate?.grace }, world.now);
  const oldRevokeAt = desired.rotate?.whenIdle ? null : new Date(world.now.getTime() + grace).toISOString();
  return actionOn(desired, world, 'rotate', { ...base, reason, oldRevokeAt });
}

/** An older key of the name that still works when the retirements are done. */
function olderOf(
  { name }: DesiredKey,
  { keys }: PlanWorld,
  current: Key,
  retirements: readonly Action[],
): Key | undefined {
  if (!isActive(current)) return undefined;
  const ended = new Set(retirements.filter(({ action }) => action === 'revoke').map(({ keyId }) => keyId));
  return keys.find(
    (key) => key.name === name && key.id !== current.id && isActive(key) && !ended.has(key.id),
  );
}

function expiredReason({ status, expiresAt }: Key): string | undefined {
  if (status !== 'expired') return undefined;
  return `it expired${expiresAt ? ` ${absoluteTime(expiresAt)}` : ''}`;
}

function dueReason(desired: DesiredKey, current: Key, { now }: PlanWorld): string | undefined {
  const { olderThan, due } = desired.rotate ?? {};
  const condition = whyDue(current, { due, olderThan }, now);
  if (condition === 'olderThan' && olderThan)
    return `created ${absoluteTime(current.createdAt ?? '')}, which is more than ${spanText(olderThan)} ago`;
  if (condition === 'due' && !wouldBeDue(desired, current, now))
    return `it expires ${absoluteTime(current.expiresAt ?? '')}`;
  return undefined;
}

/** Why a key is not replaced although it is due. */
function dueObstacle(desired: DesiredKey, current: Key, { now }: PlanWorld): string | undefined {
  const { due } = desired.rotate ?? {};
  if (whyDue(current, { due }, now) === undefined || !wouldBeDue(desired, current, now)) return undefined;
  const later = desired.expires?.kind === 'date' ? 'a later date' : 'a longer lifetime';
  return `it expires ${absoluteTime(current.expiresAt ?? '')}, and a new key would as well: write ${later} in expires:`;
}

/** The places that certainly do not hold the value of the key. */
function driftOf({ places }: Observation) {
  const lacking = places.filter(({ holds }) => holds === false);
  const sinks = lacking.map(({ sink }) => sink);
  return {
    changes: lacking.map(({ sink, isEmpty }) => ({
      field: 'to',
      from: isEmpty ? null : 'another value',
      to: sink,
    })),
    reason:
      sinks.length === 0
        ? undefined
        : `${sinks.join(' and ')} ${sinks.length === 1 ? 'does' : 'do'} not hold its value`,
  };
}

/** What a person should know of a key that is left as it is. */
function remarkOn({ current, places }: Existing, unreported: readonly string[]): string | undefined {
  const remarks = [
    ...(current.status === 'disabled' ? ['it is disabled'] : []),
    ...(unreported.length > 0 ? [`the API does not report ${unreported.join(', ')}`] : []),
    ...(current.lastUsedAt === null && places.length > 0 && places.every(({ holds }) => holds === undefined)
      ? ['never used, and its places cannot be read']
      : []),
  ];
  return remarks.length > 0 ? remarks.join('; ') : undefined;
}

/** The session token of the profile is not ended by a file. */
function guardOwn(action: Action, { ownId }: PlanWorld): Action {
  if (ownId === undefined || action.keyId !== ownId || action.action === 'none') return action;
  const reason = 'it is the session token that keys itself uses here: keys rotate stores the new one, too';
  return { ...action, action: 'refused', reason };
}
