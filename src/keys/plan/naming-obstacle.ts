import type { Key } from '../key.ts';
import { isActive, mayBeCut } from '../key.ts';
import { isUnnamed } from '../operations/candidates.ts';
import type { DesiredKey } from './desired-key.ts';
import type { PlanWorld } from './world.ts';

/** Why no key can be found by its name. */
export function namingObstacle(
  { name }: DesiredKey,
  { provider, backend, keys }: PlanWorld,
): string | undefined {
  const { capabilities } = backend;
  if (!capabilities.reports.includes('name'))
    return `the provider ${provider} keeps no names, so a key cannot be found by its name`;
  const namesakes = keys.filter((key) => key.name === name && key.status !== 'revoked');
  // Each run would create another key.
  if (namesakes.length === 0 && keepsNoNames(keys))
    return `the provider ${provider} keeps no names, so a key cannot be found by its name`;
  const live = namesakes.filter((key) => isActive(key) && !key.superseded);
  if (live.length > 1)
    return `${live.length} active keys have this name, and the API does not report which one is newer: ${live.map(({ id }) => id).join(', ')}`;
  if (namesakes.length === 0 && mayBeCut(keys, backend))
    return `the provider ${provider} lists exactly ${keys.length} keys, which may not be all: the key may exist unseen`;
  return undefined;
}

/** A name that the API has dropped is read as the id. */
function keepsNoNames(keys: readonly Key[]): boolean {
  const active = keys.filter(isActive);
  return active.length > 0 && active.every(isUnnamed);
}
