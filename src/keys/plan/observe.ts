import type { Secret } from '../../base/secret.ts';
import { before } from '../../base/time.ts';
import type { Key, KeyField } from '../key.ts';
import { isActive } from '../key.ts';
import type { KeyBackend, Sink } from '../ports.ts';
import { idlenessOf, useOf } from '../rotation/succession.ts';
import type { DesiredKey } from './desired-key.ts';
import { candidatesOf } from './retirements.ts';
import type { Observation, ObservedPlace, PlanWorld } from './world.ts';

/** What looking at one name needs from outside the domain. */
export interface ObservationServices {
  readonly backend: KeyBackend;
  /** The API lists all keys in one response, and tells as much of each as `backend.get` but for its usage. */
  readonly listsWhole: boolean;
  /** The places, as far as they can be opened. */
  openPlaces(to: readonly string[]): Promise<readonly Sink[]>;
  isValueOf(keys: readonly Key[], key: Key, value: Secret): Promise<boolean | undefined>;
  /** The folder of a place does not exist, so its file does not either. */
  isWithoutFolder(place: Sink): boolean;
}

/** Looks at the key of a name and at its places. Changes nothing. */
export async function observe(
  services: ObservationServices,
  desired: DesiredKey,
  world: Pick<PlanWorld, 'keys' | 'now'>,
): Promise<Observation> {
  const listed = currentOf(world.keys, desired.name);
  if (!listed) return { current: undefined, places: [], idleIds: new Set() };
  const current = await wholeKey(services, desired, listed);
  const opened = await services.openPlaces(desired.to);
  const places: ObservedPlace[] = [];
  for (const place of opened) places.push(await lookInto(services, world.keys, current, place));
  const use = await useIfNeeded(services, desired, world, { current, places });
  const idleIds = await idleAmong(services, desired, world);
  return { current, places, idleIds, ...use };
}

/** The key that a name means: one that works, else the newest one that could work again, else the newest. */
export function currentOf(keys: readonly Key[], name: string): Key | undefined {
  const namesakes = keys.filter((key) => key.name === name && key.status !== 'revoked');
  return (
    namesakes.find((key) => isActive(key) && !key.superseded) ??
    namesakes.find(({ status }) => status !== 'expired') ??
    namesakes[0]
  );
}

/** The fields of a desired key, and what the API calls them. */
const comparedFields: readonly (KeyField & keyof DesiredKey)[] = [
  'description',
  'permissions',
  'rateLimitRpm',
  'budgetUsd',
  'models',
  'labels',
];

/** A list may tell less of a key than a look at it. */
async function wholeKey(
  { backend, listsWhole }: ObservationServices,
  desired: DesiredKey,
  listed: Key,
): Promise<Key> {
  const { show, reports } = backend.capabilities;
  if (!show || listsWhole) return listed;
  const isMissing = (field: KeyField) => reports.includes(field) && listed[field] === undefined;
  const isUntold =
    comparedFields.some((field) => desired[field] !== undefined && isMissing(field)) ||
    (desired.expires !== undefined && isMissing('expiresAt'));
  if (!isUntold) return listed;
  return { ...listed, ...(await backend.get(listed.id)) };
}

async function lookInto(
  services: ObservationServices,
  keys: readonly Key[],
  current: Key,
  place: Sink,
): Promise<ObservedPlace> {
  const { name: sink } = place;
  const value = await place.read?.();
  if (value) return { sink, holds: await services.isValueOf(keys, current, value) };
  const isAbsent = value === null ? !place.isTransient : services.isWithoutFolder(place);
  return isAbsent ? { sink, holds: false, isEmpty: true } : { sink, holds: undefined };
}

/** Whether the current key has arrived; only asked for if an older one works that it could replace. */
async function useIfNeeded(
  { backend }: ObservationServices,
  { name }: DesiredKey,
  { keys }: Pick<PlanWorld, 'keys'>,
  { current, places }: { current: Key; places: readonly ObservedPlace[] },
): Promise<Pick<Observation, 'arrival' | 'isUnused'>> {
  const hasOlder = keys.some((key) => key.name === name && key.id !== current.id && isActive(key));
  if (!hasOlder) return {};
  const holder = places.find(({ holds }) => holds);
  if (holder) return { arrival: `${holder.sink} holds ${current.id}` };
  const arrival = await useOf(backend, current);
  if (arrival !== undefined) return { arrival };
  const { lastUsedAt, usage } = (await backend.get(current.id)) ?? current;
  return lastUsedAt === undefined && usage === undefined ? {} : { isUnused: true };
}

async function idleAmong(
  { backend }: ObservationServices,
  desired: DesiredKey,
  world: Pick<PlanWorld, 'keys' | 'now'>,
): Promise<ReadonlySet<string>> {
  const idleIds = new Set<string>();
  const { whenIdle } = desired.rotate ?? {};
  if (!whenIdle) return idleIds;
  for (const { key } of candidatesOf(desired, world)) {
    const idleness = await idlenessOf(backend, key, before(world.now, whenIdle));
    if (idleness?.isIdle) idleIds.add(key.id);
  }
  return idleIds;
}
