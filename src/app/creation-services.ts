import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KeysError } from '../base/errors.ts';
import type { Destination } from '../keys/destination.ts';
import type { CreationRecord, CreationServices } from '../keys/operations/create.ts';
import type { Sink } from '../keys/ports.ts';
import { createdResult } from '../output/created-result.ts';
import { maskInCiLog } from '../sinks/mask.ts';
import { parseSink } from '../sinks/sink-spec.ts';
import type { Context } from './context.ts';
import type { DestinationFlags } from './destination.ts';
import { openDestination } from './destination.ts';
import { tell } from './tell.ts';

/** What the creation of a key needs, for this command. */
export async function creationServices(context: Context): Promise<CreationServices> {
  const backend = await context.backend();
  const services: CreationServices = {
    backend,
    profile: await context.profile(),
    get now() {
      return context.now;
    },
    startMutation: () => context.startMutation(),
    journal: () => context.journal(),
    listKeys: (references) => context.keys(references),
    requireFinished: (name) => context.requireFinished(name),
    async requireValueInPlaces(keys, key, places) {
      const { requireValueInPlaces } = await import('../keys/operations/value-in-place.ts');
      await requireValueInPlaces(key, places, {
        isValueOf: async (value) => (await import('./find-by-value.ts')).isValueOf(backend, keys, key, value),
        isWithoutFolder: (sink) => isWithoutFolder(context, sink),
        onUnknown: ({ name: sink }) => services.tell({ type: 'sink-unknown', sink, key }),
      });
    },
    maskInLog: (secret) => maskInCiLog(context.io, secret),
    async tell(event) {
      const { creationMessages } = await import('../output/views/creation-events.ts');
      await tell(context, creationMessages(event, context));
    },
  };
  return services;
}

/** Where the secret of a new key goes. A dry run needs no sink, but tells where the real run would be refused. */
export async function creationDestination(
  context: Context,
  { dryRun, ...flags }: DestinationFlags & { dryRun: boolean },
): Promise<Destination<CreationRecord> | undefined> {
  try {
    const destination = await openDestination<CreationRecord>(context, flags, (record, secret) =>
      context.print(createdResult({ ...record, secret })),
    );
    return dryRun ? undefined : destination;
  } catch (error) {
    if (!dryRun || !(error instanceof KeysError)) throw error;
    await context.warn(`without --dry-run this is refused: ${error.message}`);
    return undefined;
  }
}

function isWithoutFolder(context: Context, { name }: Sink): boolean {
  const spec = parseSink(name);
  return 'path' in spec && !existsSync(dirname(resolve(context.io.cwd, spec.path)));
}
