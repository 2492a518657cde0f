import type { Context } from '../app/context.ts';
import { visible } from '../base/sanitise.ts';
import { absoluteTime, relativeTime } from '../output/relative-time.ts';
import type { Difference } from './differences.ts';
import { differences, untold } from './differences.ts';
import type { Key } from './key.ts';
import { unidentified } from './key.ts';
import type { KeyBackend, KeyChanges, KeySpec } from './ports.ts';

/** What a record says of a key that is not what was asked for. */
export interface Requested {
  /** RFC 3339; null: never. */
  expiresAtRequested?: string | null;
  /** The other fields as they were asked for, where the API stored something else, or does not say. */
  requested?: Readonly<Record<string, unknown>>;
}

/**
 * Says when a key ends, and each thing that was asked for and that the API does not answer to have stored. What its answer
 * left out is looked for once more. Gives back what there is to say of it in a record.
 */
export async function echoStored(
  context: Context,
  backend: KeyBackend,
  asked: Partial<KeySpec> | KeyChanges,
  key: Key,
  isChange = false,
): Promise<Requested> {
  let found = differences(asked, key, backend.capabilities, isChange);
  if (untold(found, backend.capabilities) && key.id !== unidentified) {
    // The key is where it belongs by now: not even a server that fails makes that undone.
    const whole = await backend.get(key.id).catch(() => undefined);
    if (whole) found = differences(asked, whole, backend.capabilities, isChange);
  }
  for (const one of found) await context.warn(describe(key, one));
  if (key.expiresAt && !context.isHumanOutput && found.every(({ field }) => field !== 'expiresAt')) {
    await context.note(
      `expires ${absoluteTime(key.expiresAt)} (${relativeTime(key.expiresAt, context.now)})`,
    );
  }
  return requestedIn(found);
}

export function requestedIn(found: readonly Difference[]): Requested {
  const others = found.filter(({ field }) => field !== 'expiresAt');
  const expiry = found.find(({ field }) => field === 'expiresAt');
  return {
    ...(expiry && { expiresAtRequested: expiry.asked as string | null }),
    ...(others.length > 0 && {
      requested: Object.fromEntries(others.map(({ field, asked }) => [field, asked])),
    }),
  };
}

function describe({ id, name }: Key, { field, asked, ...rest }: Difference): string {
  if (field === 'expiresAt') {
    const stored =
      'stored' in rest ? `the server stored ${rest.stored ?? 'never'}` : 'the API does not tell an expiry';
    return `asked to expire ${asked ?? 'never'}, but ${stored}`;
  }
  if (field === 'name' && rest.stored === id)
    return `the API did not keep the name ${visible(String(asked))}: the key is named by its id, ${visible(id)}`;
  const what = `asked for the ${words[field]} ${written(asked)} of ${visible(name)}`;
  return 'stored' in rest
    ? `${what}, but the server stored ${written(rest.stored)}`
    : `${what}, and the API does not tell whether it stored it`;
}

const words = {
  name: 'name',
  description: 'description',
  expiresAt: 'expiry',
  permissions: 'permissions',
  rateLimitRpm: 'rate limit',
  budgetUsd: 'budget',
  models: 'models',
  labels: 'labels',
} as const;

const longest = 200;

function written(value: unknown): string {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'none';
  const text =
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value)
          .map(([name, one]) => `${name}=${one ?? ''}`)
          .join(', ')
      : [value].flat().join(', ');
  const shown = visible(text);
  return shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
}
