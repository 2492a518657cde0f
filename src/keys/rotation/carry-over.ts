import { usageError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import type { KeySpec } from '../ports.ts';
import { rotatesInPlace } from './retirement.ts';
import type { RotationJob, RotationServices } from './services.ts';
import type { Successor } from './successor.ts';
import { successorOf } from './successor.ts';

/* What the new key takes over from the old one: it must not come out of a rotation with fewer limits. */

/**
 * The successor of a key. Throws `KeysError` (2) if it would lose what the old key has, unless the policy accepts that.
 * The API's own rotation carries everything over by itself.
 */
export async function planSuccessor(
  { backend, now, tell }: Pick<RotationServices, 'backend' | 'now' | 'tell'>,
  old: Key,
  { expires, fields, allowLoss, dryRun }: RotationJob['policy'],
): Promise<Successor> {
  const successor = successorOf(old, backend.capabilities, { expires, now, ...(fields && { fields }) });
  if (rotatesInPlace(backend)) return { ...successor, lost: [] };
  if (successor.lost.length === 0) return successor;
  const problem = `the new key ${old.name} cannot take over ${successor.lost.join(', ')} from the old one: the API or its declaration does not accept or report it`;
  if (allowLoss) await tell({ type: 'loss-accepted', problem });
  else if (dryRun) await tell({ type: 'would-be-refused', problem });
  else {
    throw usageError(
      `${problem}; it might be allowed more than the old one`,
      `keys rotate ${shellWord(old.name)} --allow-loss`,
      'declare where the fields are in the provider file (docs/reference/providers.md)',
    );
  }
  return successor;
}

/** What the new key is requested to be; the API's own rotation is asked for an expiry only. */
export function requestedOf(
  { backend }: Pick<RotationServices, 'backend'>,
  old: Key,
  { spec }: Successor,
  { expires }: RotationJob['policy'],
): Partial<KeySpec> {
  if (!rotatesInPlace(backend)) return spec;
  const { description, permissions, rateLimitRpm, budgetUsd, models, labels } = old;
  const traits = { description, permissions, rateLimitRpm, budgetUsd, models, labels };
  return {
    ...(Object.fromEntries(
      Object.entries(traits).filter(([, value]) => value !== undefined),
    ) as Partial<KeySpec>),
    ...(expires !== undefined && { expiresAt: expires }),
  };
}
