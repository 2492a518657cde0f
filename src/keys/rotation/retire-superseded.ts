import { shellWord } from '../../base/shell-word.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { Sink } from '../ports.ts';
import { isIdle } from './idle.ts';
import { graceMs } from './policy.ts';
import { revokeAndConfirm } from './retirement.ts';
import type { RotationJob, RotationServices } from './services.ts';
import type { Superseded } from './succession.ts';
import { supersededOf, useOf } from './succession.ts';

export interface SupersededRetirement {
  /** Ids of the old keys that were retired. */
  retired: readonly string[];
  /** Why one was left alone that should be retired. */
  pending?: string;
}

/**
 * Retires the superseded keys of a name by what the API alone reports, as a job on a fresh machine has to: their grace
 * period is over, and something shows that the newest key has arrived.
 */
export async function retireSuperseded(
  services: RotationServices,
  { keys, old, policy }: RotationJob,
  places: readonly Sink[],
): Promise<SupersededRetirement> {
  const { backend } = services;
  const superseded = supersededOf(keys, old.name, graceMs(policy, services.now));
  if (superseded.length === 0) return { retired: [] };
  const journalledIds = new Set(
    (await services.openRotations(old.name)).map(({ header }) => header.plan.replaces?.id),
  );
  const current = keys.find((key) => key.name === old.name && isActive(key));
  const retired: string[] = [];
  const pending = (key: Key, why: string) => ({ retired, pending: pendingText(key, why) });
  for (const supersededKey of superseded) {
    const { key, due } = supersededKey;
    if (journalledIds.has(key.id) || (supersededKey.ends && policy.whenIdle === undefined)) continue;
    if (!(await isOver(services, supersededKey, policy.whenIdle))) {
      if (due === null)
        return pending(key, 'the API does not report which key of the name is newer, or since when');
      continue;
    }
    const evidence =
      current && ((await useOf(backend, current)) ?? (await placeOf(services, keys, current, places)));
    if (evidence === undefined)
      return pending(key, `nothing shows that the new key ${current?.id} is in use`);
    services.startMutation();
    await revokeAndConfirm(backend, key);
    retired.push(key.id);
    await services.tell({ type: 'retired', id: key.id, evidence });
  }
  return { retired };
}

/** Whether the time of a superseded key is up. */
async function isOver(
  services: RotationServices,
  { key, due }: Superseded,
  whenIdle: RotationJob['policy']['whenIdle'],
): Promise<boolean> {
  if (whenIdle !== undefined) return isIdle(services, key.id, whenIdle);
  return due !== null && due <= services.now.getTime();
}

/** What shows that a sink holds the value of this key, and of no other, in words. */
async function placeOf(
  services: RotationServices,
  keys: readonly Key[],
  current: Key,
  places: readonly Sink[],
): Promise<string | undefined> {
  for (const place of places) {
    const value = await place.read?.();
    const holder = value && (await services.provenHolder(keys, value));
    if (holder?.id === current.id) return `${place.name} holds ${current.id}`;
  }
  return undefined;
}

function pendingText({ id, createdAt }: Key, why: string): string {
  const createdNote = createdAt ? ` (created ${absoluteTime(createdAt)})` : '';
  return `the old key ${id}${createdNote} still works: ${why}; once you are sure: keys revoke ${shellWord(id)} --yes`;
}
