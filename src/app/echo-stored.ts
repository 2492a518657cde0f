import { shown, visible } from '../base/sanitise.ts';
import type { Difference } from '../keys/differences.ts';
import type { Key } from '../keys/key.ts';
import type { KeyBackend, KeyChanges, KeySpec } from '../keys/ports.ts';
import type { Requested } from '../keys/requested.ts';
import { requestedIn, storedDifferences } from '../keys/requested.ts';
import { absoluteTime, relativeTime } from '../output/relative-time.ts';
import type { Context } from './context.ts';

/**
 * Notes when a key expires and warns of each field that the API did not store as requested. Returns the same for the
 * record of the key.
 */
export async function echoStored(
  context: Context,
  backend: KeyBackend,
  asked: Partial<KeySpec> | KeyChanges,
  key: Key,
  isChange = false,
): Promise<Requested> {
  const found = await storedDifferences(backend, asked, key, isChange);
  for (const difference of found) await context.warn(describeDifference(key, difference));
  if (key.expiresAt && !context.isHumanOutput && found.every(({ field }) => field !== 'expiresAt')) {
    await context.note(
      `expires ${absoluteTime(key.expiresAt)} (${relativeTime(key.expiresAt, context.now)})`,
    );
  }
  return requestedIn(found);
}

function describeDifference({ id, name }: Key, { field, asked, ...answer }: Difference): string {
  if (field === 'expiresAt') {
    const stored =
      'stored' in answer
        ? `the server stored ${answer.stored ?? 'never'}`
        : 'the API does not report an expiry';
    return `requested expiry ${asked ?? 'never'}, but ${stored}`;
  }
  if (field === 'name' && answer.stored === id)
    return `the API did not keep the name ${visible(String(asked))}; use the key's id instead: ${visible(id)}`;
  const request = `requested ${labels[field]} ${valueText(asked)} for ${visible(name)}`;
  return 'stored' in answer
    ? `${request}, but the server stored ${valueText(answer.stored)}`
    : `${request}, but the API does not report whether it was stored`;
}

const labels = {
  name: 'name',
  description: 'description',
  expiresAt: 'expiry',
  permissions: 'permissions',
  rateLimitRpm: 'rate limit',
  budgetUsd: 'budget',
  models: 'models',
  labels: 'labels',
} as const;

const maxValueLength = 200;

function valueText(value: unknown): string {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return 'none';
  const isRecord = typeof value === 'object' && !Array.isArray(value);
  const text = isRecord
    ? Object.entries(value)
        .map(([name, one]) => `${name}=${one ?? ''}`)
        .join(', ')
    : [value].flat().join(', ');
  return shown(text, maxValueLength);
}
