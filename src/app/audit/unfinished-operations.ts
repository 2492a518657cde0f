import type { KeysError } from '../../base/errors.ts';
import { readOperations } from '../../journal/operations.ts';
import type { UnfinishedOperation } from '../../keys/audit/audit-rule.ts';
import type { OpenOperation } from '../../keys/operations/open-operation.ts';
import { isWaiting } from '../../keys/operations/operation.ts';
import { hasOperations } from '../../platform/paths.ts';
import type { Context } from '../context.ts';
import { claim } from '../open-journal.ts';

/** The operations of these profiles: all that are open, and those on which no process is working. */
export async function unfinishedOperations(
  context: Context,
  isAudited: (profile: string) => boolean,
): Promise<{ all: OpenOperation[]; unfinished: UnfinishedOperation[] }> {
  if (!hasOperations(context.paths)) return { all: [], unfinished: [] };
  const unfinished: UnfinishedOperation[] = [];
  const onUnreadable = async ({ failure }: KeysError) =>
    void unfinished.push({ profile: null, id: null, fault: failure.message });
  const open = await readOperations(context.paths.operations, onUnreadable).catch(
    async (error: KeysError) => {
      await onUnreadable(error);
      return [];
    },
  );
  const all = open.filter(({ header }) => isAudited(header.setting.profile));
  for (const operation of all) {
    const { id, at: begunAt, plan, setting } = operation.header;
    if (isWaiting(operation, context.now) || (await isInProgress(context, operation))) continue;
    unfinished.push({ profile: setting.profile, id, kind: plan.kind, name: plan.name, begunAt });
  }
  return { all, unfinished };
}

async function isInProgress(context: Context, operation: OpenOperation): Promise<boolean> {
  const claimed = await claim(context, operation, 0);
  await claimed?.leave();
  return claimed === undefined;
}
