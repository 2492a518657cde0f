import type { Outcome } from '../keys/operations/outcome.ts';
import type { RecoveryServices } from '../keys/operations/recovery.ts';
import { showsSecret } from '../sinks/destinations.ts';
import { maskInCiLog } from '../sinks/mask.ts';
import { openSinks } from '../sinks/open-sinks.ts';
import { parseSink } from '../sinks/sink-spec.ts';
import type { Context } from './context.ts';
import { openDestination } from './destination.ts';
import { recoveryPrompts } from './recovery-prompts.ts';
import { sinkContextOf } from './sink-context.ts';
import { tell } from './tell.ts';

/** What the recovery of operations needs, for this command. */
export function recoveryServices(context: Context, allowInGit: boolean): RecoveryServices {
  const journal = () => import('./open-journal.ts');
  return {
    get now() {
      return context.now;
    },
    stop: context.stop,
    printsRecords: showsSecret(context.io, context.output.format),
    startMutation: () => context.startMutation(),
    claim: async (operation) => (await journal()).claim(context, operation),
    issuerOf: async (header) => (await journal()).issuerOf(context, header),
    recordedSinks: ({ plan, setting }) => {
      const places = plan.sinks.map(parseSink).filter((spec) => spec.kind !== 'stdout');
      return openSinks(places, sinkContextOf(context, true, setting));
    },
    openDestination: ({ to, secretOnly, setting, isHere }) =>
      openDestination<Outcome>(
        context,
        { to, secretOnly, allowInGit, setting: { ...setting, ...(isHere && { cwd: context.io.cwd }) } },
        (outcome, secret) => printDelivered(context, { ...outcome, secret }),
      ),
    maskInLog: (secret) => maskInCiLog(context.io, secret),
    tell: async (event) => {
      const { recoveryMessages } = await import('../output/views/recovery-events.ts');
      await tell(context, recoveryMessages(event, context.isHumanOutput));
    },
    prompts: recoveryPrompts(context),
  };
}

function printDelivered(context: Context, record: Outcome & { secret: string }): Promise<void> {
  return context.print({
    kind: 'one',
    record,
    columns: ['operation', 'outcome', 'id', 'name', 'secret'],
    table: async (_, terminal) =>
      (await import('../output/views/operations.ts')).deliveredView(record, terminal),
  });
}
