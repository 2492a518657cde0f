import { setTimeout as sleep } from 'node:timers/promises';
import type { Key } from '../keys/key.ts';
import type { CreationEvent, CreationRecord } from '../keys/operations/create.ts';
import type { ApplyServices } from '../keys/plan/apply-services.ts';
import { requireFirst } from '../keys/plan/require-first.ts';
import type { PlanOptions } from '../keys/plan/survey.ts';
import { storedDifferences } from '../keys/requested.ts';
import type { RotationEvent } from '../keys/rotation/services.ts';
import type { Message } from '../output/message.ts';
import type { Context } from './context.ts';
import { creationServices } from './creation-services.ts';
import { openDestination } from './destination.ts';
import { isValueOf } from './find-by-value.ts';
import { keyOperations } from './open-operations.ts';
import { ownKey } from './own-key.ts';
import { isWithoutFolder, openPlaces } from './plan-places.ts';
import { provenanceOf } from './provenance-of.ts';
import { rotationServices } from './rotation-services.ts';
import { SharedList } from './shared-list.ts';
import { tell } from './tell.ts';

export interface PlanSettings extends PlanOptions {
  allowInGit: boolean;
  /** The file, as an absolute path. */
  path: string;
}

/** What planning and applying a file need in the profile of a context. */
export async function planServices(context: Context, settings: PlanSettings): Promise<ApplyServices> {
  const { allowInGit, path, ...options } = settings;
  const rotation = await rotationServices(context, { secretOnly: false, allowInGit });
  const creation = await creationServices(context);
  const { backend, profile, listsWhole } = rotation;
  const isRemote = (await context.connection()) !== undefined;
  const shared = new SharedList(() => context.keys());
  // The embedded authority finds the keys of a name at once; an API lists all keys, once for all names.
  const listKeys = (names?: readonly string[]) => (isRemote ? shared.read() : context.keys(names));
  const first = (key: Key, known: readonly Key[]) =>
    requireFirst({ listKeys, pause: (ms) => pause(ms, context.stop) }, key, known);
  let own: ReturnType<typeof ownKey> | undefined;
  return {
    backend,
    profile,
    listsWhole,
    options,
    get now() {
      return context.now;
    },
    listKeys,
    openOperations: () => keyOperations(context),
    openPlaces: (to) => openPlaces(context, to),
    isValueOf: (keys, key, value) => isValueOf(backend, keys, key, value),
    isWithoutFolder: (place) => isWithoutFolder(context, place),
    ownKey(keys) {
      own ??= ownKey(context, keys);
      return own;
    },
    provenance: await provenanceOf(context, path),
    creation: {
      ...creation,
      get now() {
        return context.now;
      },
      listKeys,
      // What is unfinished is finished before.
      requireFinished: async () => {},
      requireFirst: first,
      tell: (event) => tellCreation(context, event),
    },
    rotation: Object.assign(Object.create(rotation), {
      listKeys,
      requireFirst: first,
      tell: (event: RotationEvent) => tellRotation(context, event),
    }),
    openDestination: (to) =>
      openDestination<CreationRecord>(context, { to, secretOnly: false, allowInGit }, async () => {
        throw new Error('a secret of a file is never printed');
      }),
    async update(key, changes) {
      const { disabled: _, ...fields } = changes;
      const updatedKey = await backend.update(key.id, changes, key);
      const differences = await storedDifferences(backend, fields, updatedKey, true);
      const { storedMessages } = await import('../output/views/stored.ts');
      await warn(context, storedMessages(updatedKey, differences, context));
    },
  };
}

/** Ends early if the command is to stop. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}

async function tellCreation(context: Context, event: CreationEvent): Promise<void> {
  const { creationMessages } = await import('../output/views/creation-events.ts');
  await warn(context, creationMessages(event, context));
}

async function tellRotation(context: Context, event: RotationEvent): Promise<void> {
  if (event.type === 'batch-started' || event.type === 'batch-step' || event.type === 'batch-drained') return;
  const { rotationMessages } = await import('../output/views/rotation-events.ts');
  await warn(
    context,
    rotationMessages(event, { now: context.now, isHumanOutput: context.isHumanOutput, isTable: false }),
  );
}

/** The plan has told the rest. */
async function warn(context: Context, messages: readonly Message[]): Promise<void> {
  await tell(
    context,
    messages.filter(({ level }) => level === 'warning'),
  );
}
