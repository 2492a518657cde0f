import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ExitName } from '../base/error-codes.ts';
import { KeysError, usageError } from '../base/errors.ts';
import type { Action } from '../keys/plan/action.ts';
import type { AppliedAction } from '../keys/plan/apply.ts';
import type { Progress } from '../output/progress.ts';
import { holdFileLock, probeMs } from '../platform/files/file-lock.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import type { Context } from './context.ts';
import type { FilePlan, PlanInput } from './plan-file.ts';
import { defaultConcurrency, pathOf, planState } from './plan-file.ts';
import { readDesiredState } from './read-desired-state.ts';

export interface ApplyInput extends PlanInput {
  /** How many keys are revoked, in place of a prompt. */
  confirm: string | undefined;
}

/** A plan that is being carried out. */
export interface FileApply {
  plan: FilePlan;
  /** Read once; the exit is known afterwards. */
  actions: AsyncIterable<AppliedAction>;
  exit(): ExitName;
}

/**
 * Makes everything as a file says, once a person has agreed to the plan. One process at a time applies a file. Throws
 * `KeysError`: 2 if a confirmation is missing or wrong, 1 if the answer is no, 6 if another process applies the file.
 */
export async function applyFile(context: Context, input: ApplyInput): Promise<FileApply> {
  const state = await readDesiredState(context, input.file);
  requireAnswerable(context, input);
  await lockFile(context, input.file);
  const plan = await planState(context, state, input);
  if (plan.actions.some(willAct)) await showPlan(context, plan);
  await requireConfirmed(context, plan, input);
  const { Apply } = await import('../keys/plan/apply.ts');
  let progress: Progress | undefined;
  const onStep = async (name: string) => progress?.step(name);
  const apply = new Apply({ interruption: context.interruption, onStep }, plan.profiles);
  const { concurrency = defaultConcurrency } = input;
  async function* actions() {
    progress = await startProgress(context, apply.jobCount);
    try {
      for await (const action of apply.run(concurrency)) {
        await tellFailure(context, action);
        yield action;
      }
    } finally {
      await progress?.end();
    }
    if (apply.notStarted > 0)
      await context.warn(`interrupted, ${apply.notStarted} not started: run the same command again`);
  }
  return { plan, actions: actions(), exit: () => apply.exit };
}

function willAct({ action }: Action): boolean {
  return action !== 'none' && action !== 'refused';
}

/** A job that would ask on the day on which there is something to do is refused on every day. */
function requireAnswerable(context: Context, { confirm }: ApplyInput): void {
  if (context.globals.yes || confirm !== undefined || context.promptObstacle === undefined) return;
  throw usageError(
    `cannot prompt: ${context.promptObstacle}; pass --yes to apply without a question; nothing was changed`,
    'see what it would do: keys plan',
  );
}

async function lockFile(context: Context, file: string | undefined): Promise<void> {
  const { applied } = context.paths;
  const place = createHash('sha256').update(pathOf(context, file)).digest('hex').slice(0, 16);
  makePrivateFolder(applied);
  const release = await holdFileLock(join(applied, `file-${place}`), probeMs);
  if (!release) {
    throw new KeysError({
      code: 'apply_under_way',
      message: `another process is applying ${file ?? 'keys.yaml'}; nothing was changed`,
      hints: ['wait until it ends, then look: keys plan'],
    });
  }
  context.atEnd(async () => release());
}

/** stdout is for what was done. */
async function showPlan(context: Context, { actions, others, placeNames }: FilePlan): Promise<void> {
  const { format, noColor } = context.output;
  if (context.globals.quiet || (format !== undefined && format !== 'table')) return;
  const [{ planView }, { terminalOf }] = await Promise.all([
    import('../output/views/plan.ts'),
    import('../output/style.ts'),
  ]);
  const { io, now } = context;
  const terminal = await terminalOf(io.stderr, io.env, noColor, now);
  await context.show(planView({ actions, others, placeNames, isApplied: false }, terminal));
}

async function requireConfirmed(
  context: Context,
  { actions }: FilePlan,
  { confirm }: ApplyInput,
): Promise<void> {
  const count = String(actions.filter(({ action, isLeftOver }) => action === 'revoke' && isLeftOver).length);
  if (confirm !== undefined) {
    if (confirm === count) return;
    throw usageError(
      `--confirm says '${confirm}', but ${count} keys that are not in the file would be revoked; nothing was changed`,
      'see them: keys plan --prune',
    );
  }
  if (context.globals.yes || !actions.some(willAct)) return;
  if (count !== '0') {
    const what = count === '1' ? 'the key that is' : `the ${count} keys that are`;
    const answer = await context.ask(`Type ${count} to revoke ${what} not in the file, and to do the rest:`);
    if (answer.trim() === count) return;
  } else if (await context.confirm('Do this?', ['no, change nothing', 'yes'])) return;
  throw new KeysError({ code: 'declined', message: 'not confirmed: nothing was changed' });
}

/** A table says so itself. */
async function tellFailure(
  context: Context,
  { name, keyId, error, operation }: AppliedAction,
): Promise<void> {
  if (!error || error.code === 'interrupted' || context.isHumanOutput) return;
  const id = keyId === undefined ? '' : ` (${keyId})`;
  const recovery = operation === undefined ? '' : `; keys recover ${operation}`;
  await context.warn(`${name}${id}: ${error.message}${error.message.includes(recovery) ? '' : recovery}`);
}

async function startProgress(context: Context, count: number): Promise<Progress | undefined> {
  if (!context.io.stderr.isTTY || context.globals.quiet || count < 2) return undefined;
  const { startProgress } = await import('../output/progress.ts');
  return startProgress((line) => context.setStatus(line), { env: context.io.env, count });
}
