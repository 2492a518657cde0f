import { capabilities, permissions } from '../../src/authority/capabilities.ts';
import type { Duration } from '../../src/base/time.ts';
import { parseDuration } from '../../src/base/time.ts';
import type { Key } from '../../src/keys/key.ts';
import { withSuperseded } from '../../src/keys/key.ts';
import type { DesiredExpiry, DesiredKey } from '../../src/keys/plan/desired-key.ts';
import { currentOf } from '../../src/keys/plan/observe.ts';
import { planName } from '../../src/keys/plan/plan.ts';
import type { Observation, PlanWorld } from '../../src/keys/plan/world.ts';
import type { Capabilities, KeyBackend } from '../../src/keys/ports.ts';

/** A moment that is the present of these tests. */
export const planNow = new Date('2026-11-22T12:00:00.000Z');

export function daysAgo(days: number): string {
  return new Date(planNow.getTime() - days * 86_400_000).toISOString();
}

export function inDays(days: number): string {
  return daysAgo(-days);
}

/** The key `ci`, delivered to a file, with these fields. */
export function desired(fields: Partial<DesiredKey> = {}): DesiredKey {
  return { name: 'ci', to: ['file:/job/ci'], at: { line: 2, column: 3 }, ...fields };
}

export function span(text: string): Duration {
  return parseDuration(text);
}

export function lifetime(text: string): DesiredExpiry {
  return { kind: 'span', duration: span(text) };
}

/** An account with these keys, at an API like the embedded authority but for `can`. */
export function planWorld(
  keys: readonly Key[],
  {
    can = {},
    backend = {},
    ...rest
  }: Partial<Omit<PlanWorld, 'backend'>> & {
    can?: Partial<Capabilities>;
    backend?: Partial<Pick<KeyBackend, 'rotateInPlace' | 'rotationKeepsId'>>;
  } = {},
): PlanWorld {
  return {
    profile: 'local',
    provider: 'example',
    backend: { capabilities: { ...capabilities, ...can }, permissions, ...backend },
    keys: withSuperseded(keys),
    open: [],
    now: planNow,
    redelivers: false,
    label: {},
    ...rest,
  };
}

/** What is to be done for a name in a world where its places hold its value, unless told otherwise. */
export function planFor(one: DesiredKey, world: PlanWorld, seen: Partial<Observation> = {}) {
  const current = currentOf(world.keys, one.name);
  return planName(one, world, {
    current,
    places: current ? one.to.map((sink) => ({ sink, holds: true })) : [],
    idleIds: new Set(),
    ...seen,
  });
}
