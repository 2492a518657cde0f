import type { Destination } from '../keys/destination.ts';
import type { Setting } from '../keys/operations/open-operation.ts';
import { shownOnce } from '../output/reminder.ts';
import { resolveDestination } from '../sinks/destinations.ts';
import { parseSink } from '../sinks/sink-spec.ts';
import type { Context } from './context.ts';
import { sinkContextOf } from './sink-context.ts';

export interface DestinationFlags {
  /** Sinks as the user wrote them; empty: stdout. */
  to: readonly string[];
  secretOnly: boolean;
  allowInGit: boolean;
  /** Where the operation takes place; absent: where this command does. */
  setting?: Pick<Setting, 'profile' | 'cwd'>;
}

/** Where a new secret goes; `print` shows the record with it. Throws `KeysError` (2) if stdout must not get it. */
export async function openDestination<PrintedRecord extends object>(
  context: Context,
  { to, secretOnly, allowInGit, setting }: DestinationFlags,
  print: (record: PrintedRecord, secret: string) => Promise<void>,
): Promise<Destination<PrintedRecord>> {
  const { io } = context;
  const { places, stdout, sinks } = await resolveDestination(io, {
    to: to.map(parseSink),
    secretOnly,
    format: context.output.format,
    fields: context.output.fields,
    context: sinkContextOf(context, allowInGit, setting),
  });
  return {
    places,
    printsSecret: stdout !== 'nothing',
    sinks: (record) =>
      sinks(async (delivery, secret) => {
        const delivered = [...delivery.delivered, { sink: 'stdout', verified: false }];
        await print(record({ ...delivery, delivered }), secret);
        if (io.stdout.isTTY) await context.note(shownOnce('secret'));
      }),
  };
}
