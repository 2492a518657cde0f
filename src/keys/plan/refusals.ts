import { KeysError } from '../../base/errors.ts';
import { stepAt } from '../../base/time.ts';
import type { Key, KeyInput } from '../key.ts';
import { isNone } from '../rotation/policy.ts';
import { rotatesInPlace } from '../rotation/retirement.ts';
import { successorOf } from '../rotation/successor.ts';
import { fieldsOf, inputsOf } from './compare.ts';
import type { DesiredKey } from './desired-key.ts';
import { expiryOfNew } from './expiry.ts';
import type { PlanWorld } from './world.ts';

/* What an API cannot honour, found out before anything happens. Each is a clause; none: it can. */

/** Why a new key cannot be as the file says. */
export function creationRefusals(desired: DesiredKey, world: PlanWorld): string[] {
  const { provider, backend } = world;
  const { capabilities } = backend;
  if (!capabilities.create) return [`the provider ${provider} has no call to create a key`];
  return [
    ...withoutPlace(desired, 'the key does not exist'),
    ...unsupported(desired, world),
    ...expiryRefusals(desired, world),
    ...disableRefusals(desired, world),
  ];
}

/** Why a key cannot be replaced by one that is as the file says. */
export function rotationRefusals(desired: DesiredKey, old: Key, world: PlanWorld): string[] {
  const { provider, backend } = world;
  const { capabilities } = backend;
  const isInPlace = rotatesInPlace(backend);
  const canEnd = capabilities.revoke || capabilities.disable;
  if (!isInPlace && !(capabilities.create && canEnd))
    return [`the provider ${provider} has no calls to replace a key`];
  if (capabilities.overlap === 'none')
    return [
      `the provider ${provider} ends the old value before the new one is delivered: keys rotate --allow-downtime`,
    ];
  return [
    ...withoutPlace(desired, 'another key would have a new secret'),
    ...(isInPlace ? inPlaceRefusals(desired, world) : unsupported(desired, world)),
    ...expiryRefusals(desired, world, old),
    ...(isInPlace ? [] : lossRefusals(desired, old, world)),
    ...disableRefusals(desired, world),
  ];
}

function withoutPlace({ to }: DesiredKey, what: string): string[] {
  if (to.length === 0) return [`${what}, and the file names no place for the secret: add to:`];
  return to.includes('stdout') ? ['a secret is delivered to a place, and not printed: remove stdout'] : [];
}

function unsupported(desired: DesiredKey, { provider, backend }: PlanWorld): string[] {
  const { createFields } = backend.capabilities;
  const inputs: KeyInput[] = [...inputsOf(desired), ...(expires(desired) ? (['expiresAt'] as const) : [])];
  return [
    ...refusedInputs(inputs, createFields, `the provider ${provider} does not give a new key`),
    ...unknownPermissions(desired, backend.permissions),
  ];
}

/** Whether the file says that a key ends. */
function expires({ expires }: DesiredKey): boolean {
  return expires !== undefined && expires.kind !== 'never';
}

export function refusedInputs(
  inputs: readonly KeyInput[],
  accepted: readonly KeyInput[],
  what: string,
): string[] {
  const refused = inputs.filter((input) => !accepted.includes(input));
  if (refused.length === 0) return [];
  const possible = accepted.filter((input) => input !== 'name').join(', ');
  return [`${what} ${refused.join(', ')}${possible === '' ? '' : ` (it takes ${possible})`}`];
}

export function unknownPermissions(
  { permissions = [] }: DesiredKey,
  offered: readonly string[] | undefined,
): string[] {
  const unknown = offered ? permissions.filter((permission) => !offered.includes(permission)) : [];
  return unknown.length === 0 || !offered
    ? []
    : [`unknown permissions ${unknown.join(', ')}: there are ${offered.join(', ')}`];
}

/** `old`: the key that the new one replaces, whose lifetime it takes over. */
function expiryRefusals(desired: DesiredKey, { provider, backend, now }: PlanWorld, old?: Key): string[] {
  const { expiry, expirySteps = [], expiryRequired } = backend.capabilities;
  const end = expiryOfNew(desired, now);
  if (end && end.getTime() <= now.getTime())
    return [`expires: ${end.toISOString().slice(0, 10)} is in the past`];
  const steps = expirySteps.join(', ');
  if (end && expiry === 'steps' && stepAt(expirySteps, end, now) === undefined)
    return [`the provider ${provider} offers only expiries of ${steps}`];
  const isLeftToOld = end === undefined && old !== undefined;
  if (expiryRequired && !end && !isLeftToOld)
    return [`the provider ${provider} does not create keys that never expire: add expires:`];
  return [];
}

function disableRefusals({ disabled }: DesiredKey, { provider, backend }: PlanWorld): string[] {
  return disabled && !backend.capabilities.disable ? [`the provider ${provider} cannot disable a key`] : [];
}

/** The old secret of the same key ends when the rotation says. */
function inPlaceRefusals({ rotate }: DesiredKey, { provider, backend }: PlanWorld): string[] {
  if (!backend.rotationKeepsId) return [];
  if (rotate?.whenIdle)
    return [`the provider ${provider} ends an old secret at a set time: use grace: in place of whenIdle:`];
  return rotate?.grace && isNone(rotate.grace)
    ? [`the provider ${provider} would end the old secret before the new one is delivered: raise grace:`]
    : [];
}

/** What the old key has, the file does not say, and the new key would not have. */
function lossRefusals(desired: DesiredKey, old: Key, { backend, now }: PlanWorld): string[] {
  try {
    const { lost } = successorOf(old, backend.capabilities, {
      expires: expiryOfNew(desired, now),
      fields: fieldsOf(desired, old),
      now,
    });
    return lost.length === 0 ? [] : [`a new key cannot take over ${lost.join(', ')} from ${old.id}`];
  } catch (error) {
    if (error instanceof KeysError) return [error.message];
    throw error;
  }
}
