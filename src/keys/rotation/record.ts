import type { Context } from '../../app/context.ts';
import { sinkContextOf } from '../../app/sink-context.ts';
import { usageError } from '../../base/errors.ts';
import { after } from '../../base/time.ts';
import type { RotateInput } from '../../commands/key/rotate.ts';
import { shownOnce } from '../../output/reminder.ts';
import type { RotationRecord } from '../../output/views/rotated.ts';
import type { Destination } from '../../sinks/destinations.ts';
import { resolveDestination } from '../../sinks/destinations.ts';
import type { Key } from '../key.ts';
import { asReported } from '../key.ts';
import type { Delivered } from '../ports.ts';

/** The record of a name that is left as it is. */
export function unchanged(current: Key): RotationRecord {
  return {
    name: current.name,
    old: null,
    new: asReported(current),
    oldId: null,
    newId: current.id || null,
    retired: [],
    oldRevoked: false,
    oldRevokeAt: null,
    verified: false,
    changed: false,
    delivered: [],
    operation: null,
  };
}

/** The record of a key that no other one has taken the place of. */
export function unrotated(old: Key): RotationRecord {
  return { ...unchanged(old), old, new: null, oldId: old.id, newId: null };
}

/** The fields of a plain line. */
export const rotationColumns = ['name', 'oldId', 'newId', 'oldRevoked', 'oldRevokeAt', 'verified'] as const;

/** Milliseconds of a grace that begins now. */
export function graceOf(
  { grace = { months: 0, milliseconds: 7 * 86_400_000 } }: RotateInput,
  now: Date,
): number {
  return after(now, grace).getTime() - now.getTime();
}

/** What is printed together with the secret, as far as it is known by then. */
export interface Printing {
  record?: (key: Key, delivered: readonly Delivered[]) => RotationRecord;
}

/** Where the secret will go, and how it is printed where it goes to stdout. */
export async function chooseDestination(
  context: Context,
  { input, isOne }: { input: RotateInput; isOne: boolean },
  printed: Printing,
): Promise<Destination> {
  const destination = await resolveDestination(context.io, {
    to: input.to,
    secretOnly: input.secretOnly,
    format: context.output.format,
    fields: context.output.fields,
    context: sinkContextOf(context, input.allowInGit),
    present: async ({ key, delivered }, secret) => {
      const record = printed.record?.(key, [...delivered, { sink: 'stdout', verified: false }]);
      await context.print({
        kind: 'one',
        record: { ...record, secret },
        columns: [...rotationColumns, 'secret'],
        table: async (_, terminal) =>
          (await import('../../output/views/rotated.ts')).rotatedView(
            { ...(record as RotationRecord), secret },
            terminal,
          ),
      });
      if (context.io.stdout.isTTY) await context.note(shownOnce('secret'));
    },
  });
  if (isOne || !(destination.printsRecord || destination.printsSecretOnly)) return destination;
  throw usageError(
    'several secrets cannot be printed: say where each of them goes',
    "keys rotate --all --to 'exec:./deliver {name}'",
  );
}
