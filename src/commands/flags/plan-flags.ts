import type { PlanInput } from '../../app/plan-file.ts';
import type { Input } from '../../cli/define.ts';
import { toggle, value } from '../../cli/define.ts';
import { readCount } from '../../cli/read.ts';
import type { Action } from '../../keys/plan/action.ts';
import type { Result } from '../../output/present.ts';
import type { PlanSummary } from '../../output/views/plan.ts';
import { destinationFlags } from './destination-flags.ts';

/** Shared by `plan` and `apply`: the plan is for the same flags. */
export const planFlags = {
  prune: toggle(
    '--prune',
    'revoke keys that an earlier apply of this file created and that it no longer names',
  ),
  redeliver: toggle('--redeliver', 'replace a key whose value is not in its places'),
  concurrency: value('--concurrency <n>', 'how many keys to work on in parallel (default 4)', readCount),
  allowInGit: destinationFlags.allowInGit,
};

/** What they are called at other programs that apply a file. */
export function insteadOfFlags(command: 'plan' | 'apply'): Readonly<Record<string, string>> {
  const preview = 'see what it would do: keys plan';
  const file = `name the file without a flag: keys ${command} keys.yaml`;
  return {
    ...{ '--dry-run': preview, '--check': preview, '--what-if': preview, '--diff': preview },
    ...{ '-f': file, '--file': file, '--filename': file },
  };
}

type PlanFlagInput = Input<typeof planFlags>;

export function planInputOf({ operands, prune, redeliver, ...input }: PlanFlagInput): PlanInput {
  return { ...input, file: operands[0], prunes: prune, redelivers: redeliver };
}

export const planFields = ['action', 'name', 'profile', 'keyId', 'changes', 'reason', 'oldRevokeAt', 'owner'];
export const planColumns = ['action', 'name', 'profile', 'keyId', 'reason'];

/** The actions and their number, as json and yaml have them; a line each elsewhere. */
export function reportOf(
  summary: PlanSummary,
  { toDo, now }: { toDo: number; now: Date },
): Extract<Result, { kind: 'document' }> {
  return {
    kind: 'document',
    rows: summary.actions.map(reported),
    record: (actions) => ({ actions, toDo }),
    columns: planColumns,
    isPaged: true,
    table: async (_, terminal) => (await import('../../output/views/plan.ts')).planView(summary, terminal),
    reports: {
      markdown: async () => (await import('../../output/views/plan-report.ts')).planMarkdown(summary, now),
    },
  };
}

export function reported<T extends Action>({ isPending: _, isLeftOver: __, ...action }: T) {
  return action;
}
