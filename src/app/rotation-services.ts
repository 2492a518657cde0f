import type { RotationRecord } from '../keys/rotation/record.ts';
import type { RotationEvent, RotationServices } from '../keys/rotation/services.ts';
import type { Progress } from '../output/progress.ts';
import { maskInCiLog } from '../sinks/mask.ts';
import type { Context } from './context.ts';
import { openDestination } from './destination.ts';
import { keysWith } from './lookup.ts';
import { recoveryServices } from './recovery-services.ts';
import { tell } from './tell.ts';

/** What a rotation needs, for this command. */
export async function rotationServices(
  context: Context,
  { secretOnly, allowInGit }: { secretOnly: boolean; allowInGit: boolean },
): Promise<RotationServices> {
  const backend = await context.backend();
  const connection = await context.connection();
  const operations = () => import('./open-operations.ts');
  return {
    backend,
    profile: await context.profile(),
    listsWhole:
      connection !== undefined && (await import('../remote/capabilities.ts')).listsWhole(connection.provider),
    get now() {
      return context.now;
    },
    interruption: context.interruption,
    get mayAsk() {
      return context.interactive && !context.globals.yes;
    },
    recovery: recoveryServices(context, allowInGit),
    startMutation: () => context.startMutation(),
    journal: () => context.journal(),
    listKeys: (references) => context.keys(references),
    listKeysWith: (references) => keysWith(context, references),
    claimName: async (name) => (await operations()).claimName(context, name),
    openRotations: async (...names) => (await operations()).rotationsOf(context, names),
    provenHolder: async (keys, value) =>
      (await import('./find-by-value.ts')).provenHolder(backend, keys, value),
    ownKey: async (keys) => (await import('./own-key.ts')).ownKey(context, keys),
    openFleet: async (selection) => (await import('./open-fleet.ts')).openFleet(context, selection),
    openDestination: (to) =>
      openDestination<RotationRecord>(context, { to, secretOnly, allowInGit }, (record, secret) =>
        printRotated(context, { ...record, secret }),
      ),
    maskInLog: (secret) => maskInCiLog(context.io, secret),
    tell: rotationTeller(context),
  };
}

async function printRotated(context: Context, record: RotationRecord & { secret: string }): Promise<void> {
  const { rotatedView, rotationColumns } = await import('../output/views/rotated.ts');
  await context.print({
    kind: 'one',
    record,
    columns: [...rotationColumns, 'secret'],
    table: (_, terminal) => rotatedView(record, terminal),
  });
}

/** Prints what happens, and draws the progress of a batch for a person who watches. */
function rotationTeller(context: Context): (event: RotationEvent) => Promise<void> {
  let progress: Progress | undefined;
  return async (event) => {
    switch (event.type) {
      case 'batch-started':
        progress = await startProgress(context, event.count);
        return;
      case 'batch-step':
        return progress?.step(event.name);
      case 'batch-drained':
        return progress?.end();
      case 'batch-failure':
        progress?.fail();
    }
    const { rotationMessages } = await import('../output/views/rotation-events.ts');
    const { isHumanOutput, now, io } = context;
    await tell(
      context,
      rotationMessages(event, { isHumanOutput, now, isTable: isHumanOutput && io.stdout.isTTY }),
    );
  };
}

async function startProgress(context: Context, count: number): Promise<Progress | undefined> {
  if (!context.io.stderr.isTTY || context.globals.quiet || count < 2) return undefined;
  const { startProgress } = await import('../output/progress.ts');
  return startProgress((line) => context.setStatus(line), { env: context.io.env, count });
}
