import { hasOperations } from '../platform/paths.ts';
import type { Context } from './context.ts';

/** Tells a person who looks at keys of operations that wait to be recovered. A script asks `keys recover --list`. */
export async function remindOfUnfinished(context: Context): Promise<void> {
  if (!context.isHumanOutput || !hasOperations(context.paths)) return;
  const { requireFinished } = await import('./open-operations.ts');
  // No key has an empty name.
  await requireFinished(context, '');
}
