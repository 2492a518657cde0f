import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { OpenOperation } from '../operations/open-operation.ts';
import type { OwnKey } from '../own-key.ts';
import type { Action, NamePlan } from './action.ts';
import type { DesiredKey } from './desired-key.ts';
import type { ObservationServices } from './observe.ts';
import { observe } from './observe.ts';
import { actionOn, planName } from './plan.ts';
import type { Provenance } from './provenance.ts';
import { leftOversOf } from './provenance.ts';
import type { Observation, PlanWorld } from './world.ts';

/** What a plan needs from outside the domain, for one profile. */
export interface SurveyServices extends ObservationServices {
  readonly profile: { name: string; provider: string };
  readonly now: Date;
  /** The keys that names are about, newest first, as `KeyBackend.list` returns them; without names, every key. */
  listKeys(names?: readonly string[]): Promise<readonly Key[]>;
  /** The operations on keys of this profile that have not ended, the oldest first. */
  openOperations(): Promise<readonly OpenOperation[]>;
  ownKey(keys: readonly Key[]): Promise<OwnKey | undefined>;
  readonly provenance: Provenance;
}

export interface PlanOptions {
  /** Revoke the keys that an earlier apply has created and that the file does not have any more. */
  prunes: boolean;
  /** Replace a key whose value is not in its places. */
  redelivers: boolean;
}

/** What is to be done in one profile. */
export interface ProfilePlan {
  names: NamePlan[];
  leftOvers: Action[];
  /** How many other keys work there. */
  others: number;
}

/** Looks at everything that the file says about one profile. Changes nothing. */
export async function surveyProfile(
  services: SurveyServices,
  desired: readonly DesiredKey[],
  options: PlanOptions,
  each: <T, R>(items: readonly T[], work: (item: T) => Promise<R>) => Promise<R[]>,
): Promise<ProfilePlan> {
  const world = await worldOf(services, options);
  const names = await each(desired, (one) => surveyName(services, one, world));
  const named = new Set(desired.map(({ name }) => name));
  const { leftOvers, others } = leftOversOf(world, services.provenance, named, options);
  return { names: withinCapacity(names, world), leftOvers, others };
}

/** `names`: all that is asked about; absent: every key. */
export async function worldOf(
  services: SurveyServices,
  { redelivers }: Pick<PlanOptions, 'redelivers'>,
  names?: readonly string[],
): Promise<PlanWorld> {
  const { backend, profile, now, provenance } = services;
  const keys = await services.listKeys(names);
  const own = await services.ownKey(keys);
  return {
    profile: profile.name,
    provider: profile.provider,
    backend,
    keys,
    open: await services.openOperations(),
    now,
    redelivers,
    label: provenance.label,
    ...(own && { ownId: own.key.id }),
  };
}

export async function surveyName(
  services: SurveyServices,
  desired: DesiredKey,
  world: PlanWorld,
): Promise<NamePlan> {
  const observation = await observe(services, desired, world);
  const orphan = orphanIn(desired, world, observation);
  if (!orphan) return planName(desired, world, observation);
  const others = { ...world, keys: withoutKey(world.keys, orphan) };
  const plan = planName(desired, others, await observe(services, desired, others));
  const reason = 'never used, and its secret is in none of the places; an older key of the name works';
  return { ...plan, orphan: actionOn(desired, world, 'revoke', { keyId: orphan.id, reason }) };
}

/**
 * A new key whose secret was never delivered, as a job leaves it that was killed on a machine that is gone: its value is
 * certainly in none of the places, the API reports that it was never used, and the key that it was to replace still works. It ends
 * first; a third key of the name is not created.
 */
function orphanIn(
  { name }: DesiredKey,
  { keys, open, redelivers, ownId }: PlanWorld,
  { current, places, isUnused }: Observation,
): Key | undefined {
  if (!redelivers || !current || !isActive(current) || current.id === ownId) return undefined;
  const isNowhere = places.length > 0 && places.every(({ holds }) => holds === false);
  const hasOlder = keys.some((key) => key.name === name && key.id !== current.id && isActive(key));
  // The journal knows more.
  const isOpen = open.some(({ header }) => header.plan.name === name);
  return isNowhere && hasOlder && !isOpen && isUnused ? current : undefined;
}

/** The keys as they are once one of them is revoked. */
function withoutKey(keys: readonly Key[], { id, name }: Key): Key[] {
  const rest = keys.filter((key) => key.id !== id);
  const newest = rest.find((key) => key.name === name && isActive(key));
  return rest.map((key) => (key === newest ? { ...key, superseded: false } : key));
}

/** Refuses the keys for which the account has no room. */
function withinCapacity(plans: readonly NamePlan[], world: PlanWorld): NamePlan[] {
  const { maxKeys, overlap } = world.backend.capabilities;
  if (maxKeys === null) return [...plans];
  let room = maxKeys - world.keys.filter(isActive).length;
  return plans.map((plan) => {
    const isCreation = plan.main.action === 'create' && !plan.isUnfinished;
    const isSecond = plan.main.action === 'rotate' && overlap === 'client' && !plan.isUnfinished;
    if (!isCreation && !isSecond) return plan;
    room -= 1;
    if (room >= 0) return plan;
    const reason = `the provider ${world.provider} allows ${maxKeys} active ${maxKeys === 1 ? 'key' : 'keys'}`;
    return { ...plan, main: { ...plan.main, action: 'refused' as const, reason } };
  });
}
