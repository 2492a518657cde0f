import type { Context } from '../../app/context.ts';
import { usageError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { RotateInput } from '../../commands/key/rotate.ts';
import type { Key } from '../key.ts';
import type { KeyBackend, KeySpec } from '../ports.ts';
import { rotatesInPlace } from './retirement.ts';
import type { Successor } from './successor.ts';
import { successorOf } from './successor.ts';

/* What a rotation cannot carry over: a key must not come out of it with fewer limits than it went in. */

/** The API's own rotation carries everything over by itself. */
export function successorFor(
  context: Context,
  backend: KeyBackend,
  old: Key,
  { expires }: RotateInput,
): Successor {
  const successor = successorOf(old, backend.capabilities, { expires, now: context.now });
  return rotatesInPlace(backend) ? { ...successor, lost: [] } : successor;
}

/** Refuses a rotation by which the new key would lose what the old one has (2), unless that was accepted. */
export async function requireNoLoss(
  context: Context,
  { lost, spec }: Successor,
  { allowLoss, dryRun }: RotateInput,
): Promise<void> {
  if (lost.length === 0) return;
  const fields = lost.map(visible).join(', ');
  const problem = `the new key ${visible(spec.name)} cannot take over from the old one: ${fields} (the API or its declaration does not take or tell it)`;
  if (allowLoss) return context.warn(problem);
  if (dryRun) return context.warn(`without --dry-run this is refused: ${problem}`);
  throw usageError(
    `${problem}; it might be allowed more than the old one`,
    `keys rotate ${shellWord(spec.name)} --allow-loss`,
    'declare where the fields are: keys docs providers',
  );
}

/** What the new key is to be: like the old one, and where the API rotates by itself, with an end of its own choice. */
export function askedOf(
  backend: KeyBackend,
  old: Key,
  { spec }: Successor,
  { expires }: RotateInput,
): Partial<KeySpec> {
  if (!rotatesInPlace(backend)) return spec;
  const { description, permissions, rateLimitRpm, budgetUsd, models, labels } = old;
  const kept = { description, permissions, rateLimitRpm, budgetUsd, models, labels };
  return {
    ...(Object.fromEntries(
      Object.entries(kept).filter(([, value]) => value !== undefined),
    ) as Partial<KeySpec>),
    ...(expires !== undefined && { expiresAt: expires }),
  };
}
