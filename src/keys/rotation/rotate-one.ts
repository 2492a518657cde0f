import type { Context } from '../../app/context.ts';
import { echoStored } from '../../app/echo-stored.ts';
import { KeysError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { RotateInput } from '../../commands/key/rotate.ts';
import { absoluteTime } from '../../output/relative-time.ts';
import type { RotationRecord } from '../../output/views/rotated.ts';
import type { Destination } from '../../sinks/destinations.ts';
import { maskInCiLog } from '../../sinks/mask.ts';
import { requireCapacity } from '../capacity.ts';
import { differences } from '../differences.ts';
import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import { isOver } from '../operations/candidates.ts';
import type { Replaced } from '../operations/operation.ts';
import type { KeyBackend } from '../ports.ts';
import { requestedIn } from '../requested.ts';
import { isDue, requireRotatable } from './eligible.ts';
import { askedOf, requireNoLoss, successorFor } from './loss.ts';
import type { Printing } from './record.ts';
import { chooseDestination, graceOf, unchanged, unrotated } from './record.ts';
import { resume, retireSuperseded, unfinished } from './resume.ts';
import { rotatesInPlace } from './retirement.ts';
import type { Rotated } from './rotation.ts';
import { isVerified, rotateKey } from './rotation.ts';

/** One name that is to be rotated. */
export interface Job {
  backend: KeyBackend;
  /** All keys of the account, newest first. */
  keys: readonly Key[];
  old: Key;
  input: RotateInput;
  /** No other one is rotated by this command. */
  isOne: boolean;
}

/**
 * Brings one name to where it should be: goes on with what was interrupted, retires old keys whose time has come, and
 * puts a new key in the place of the old one if that is due. Undefined where everything has been printed. Throws
 * `KeysError`.
 */
export async function rotateOne(context: Context, job: Job): Promise<RotationRecord | undefined> {
  const { old, input } = job;
  requireRotatable(old, input);
  const printed: Printing = {};
  const destination = input.finish ? undefined : await chooseDestination(context, job, printed);
  if (input.dryRun) return dryRun(context, job);
  const { holdName } = await import('../../app/open-journal.ts');
  const release = await holdName(context, old.name);
  try {
    const resumed = await resume(context, job);
    const keys = resumed.hasChanged ? await context.keys() : job.keys;
    const { retired, ...settled } = await retireSuperseded(
      context,
      { ...job, keys },
      destination?.sinks ?? [],
    );
    const isCurrent = (key: Key) => key.name === old.name && isActive(key) && !key.superseded;
    // Where nothing tells which of a name is newest, it is the one that was meant.
    const meant = keys.find((key) => key.id === old.id && isCurrent(key));
    const current = meant ?? keys.find(isCurrent) ?? old;
    const found = { ...settled, retired: [...resumed.retired, ...retired] };
    if (resumed.rotated)
      return {
        ...unchanged(current),
        ...resumed.rotated,
        ...endIn(keys, resumed.rotated.oldId, current.id),
        ...found,
      };
    if (!destination || !(resumed.isRenewed || (await isDue(context, current, job))))
      return { ...unchanged(current), ...found };
    const record = await rotate(context, { ...job, keys, old: current }, destination, printed);
    if (record) return { ...record, ...found };
    if (settled.pending !== undefined) throw unfinished(settled.pending, []);
    return undefined;
  } finally {
    release();
  }
}

/** What has become of the old key of a rotation that an earlier command had begun. */
function endIn(
  keys: readonly Key[],
  oldId: string | null,
  newId: string,
): Partial<Pick<RotationRecord, 'oldRevoked' | 'oldRevokeAt'>> {
  if (oldId === newId) return {};
  const old = keys.find(({ id }) => id === oldId);
  const oldRevoked = old === undefined || isOver(old);
  return { oldRevoked, oldRevokeAt: oldRevoked ? null : (old.retireAt ?? old.expiresAt ?? null) };
}

/** Whether a key was revoked, or given another end, between two looks at it: another process has rotated it. */
function isEnded(before: Key, now: Key): boolean {
  if (now.status === 'revoked') return before.status !== 'revoked';
  return before.expiresAt !== undefined && now.expiresAt !== undefined && before.expiresAt !== now.expiresAt;
}

function overtaken(name: string): KeysError {
  return new KeysError({
    code: 'rotation_under_way',
    message: `another process has rotated ${name} meanwhile: nothing was done here`,
    hints: ['keys list'],
  });
}

/** All that the API tells of a key. What has no call for one key alone would only list all of them again. */
async function whole(backend: KeyBackend, listed: Key): Promise<Key> {
  return backend.capabilities.show ? { ...listed, ...(await backend.get(listed.id)) } : listed;
}

async function rotate(
  context: Context,
  { backend, keys, old: listed, input, isOne }: Job,
  destination: Destination,
  printed: Printing,
): Promise<RotationRecord | undefined> {
  const { capabilities } = backend;
  const { name: profile, provider } = await context.profile();
  const placed = (key: Key): Key => ({ ...key, provider, profile });
  const old = await whole(backend, listed);
  // It was listed before its name was ours alone.
  if (isEnded(listed, old)) throw overtaken(old.name);
  const successor = successorFor(context, backend, old, input);
  await requireNoLoss(context, successor, input);
  if (capabilities.overlap === 'client') requireCapacity(provider, capabilities, keys.filter(isActive));
  const grace = graceOf(input, context.now);
  const untilIdle = input.whenIdle !== undefined;
  const replaces: Replaced = {
    ...{ id: old.id, grace },
    ...(untilIdle && { untilIdle }),
    ...(input.noVerify && { unverified: true }),
    ...(old.expiresAt !== undefined && { expiresAt: old.expiresAt }),
    ...(old.createdAt !== undefined && { createdAt: old.createdAt }),
    ...(rotatesInPlace(backend) && { shown: shownOf(old) }),
  };
  let operation: string | null = null;
  const asked = askedOf(backend, old, successor, input);
  printed.record = (key, delivered) => ({
    ...unchanged(placed({ ...key, superseded: false })),
    old: placed(old),
    oldId: old.id,
    oldRevoked: grace === 0 && !untilIdle,
    oldRevokeAt: untilIdle ? null : new Date(context.now.getTime() + grace).toISOString(),
    verified: isVerified(backend, replaces),
    changed: true,
    delivered,
    operation,
    ...requestedIn(differences(asked, key, capabilities)),
  });

  context.startMutation();
  const rotated = await rotateKey(backend, {
    old,
    spec: successor.spec,
    ...(input.expires !== undefined && { expires: input.expires }),
    replaces,
    sinks: destination.sinks,
    known: keys,
    nameless: !capabilities.reports.includes('name'),
    journal: await context.journal(),
    onSecret: (secret) => maskInCiLog(context.io, secret),
    now: () => context.now,
    warn: (text) => context.warn(text),
    isOurs: async (value) => (await import('../../app/find-by-value.ts')).isOurs(backend, keys, value),
    onBegin: (id) => {
      operation = id;
    },
  }).catch((error: unknown) => {
    throw withObstacles(error, keys, old);
  });
  const { key, delivered, ...retirement } = rotated;
  await sayProof(context, old, rotated);
  const requested = await echoStored(context, backend, asked, key);
  if (isOne) await sayDone(context, old, rotated);
  if (destination.printsRecord || destination.printsSecretOnly) return undefined;
  return { ...printed.record(key, delivered), ...retirement, ...requested };
}

/** By which it is told afterwards whether the API has put a new secret in the place of the old one. */
function shownOf({ prefix, createdAt }: Key): NonNullable<Replaced['shown']> {
  return { ...(prefix !== undefined && { prefix }), ...(createdAt !== undefined && { createdAt }) };
}

/** Where the account is full, the older keys of the name that stand in the way: none is ended to make room. */
function withObstacles(error: unknown, keys: readonly Key[], { name }: Key): unknown {
  if (!(error instanceof KeysError) || error.failure.code !== 'key_limit') return error;
  const older = keys.filter((key) => key.name === name && key.superseded && isActive(key));
  if (older.length === 0) return error;
  const hints = older.map(
    ({ id }) => `an older key of the name stands in the way: keys revoke ${shellWord(id)} --yes`,
  );
  return new KeysError({ ...error.failure, hints: [...hints, 'keys list'], cause: error });
}

/** What a promised grace, and a promised end, are worth. */
async function sayProof(
  context: Context,
  { id }: Key,
  { oldRevoked, oldRevokeAt, oldWorks }: Rotated,
): Promise<void> {
  if (oldWorks === undefined) return;
  if (oldRevoked && oldWorks) {
    await context.warn(
      `the value that was there before still works, though the key ${visible(id)} is revoked: keys find tells whose it is`,
    );
  } else if (!oldRevoked && !oldWorks) {
    await context.warn(
      `the old key ${visible(id)} does not work any more, though it was to work until ${oldRevokeAt}`,
    );
  }
}

async function sayDone(context: Context, old: Key, rotated: Rotated): Promise<void> {
  for (const { sink, verified } of rotated.delivered) {
    if (sink !== 'stdout') await context.note(`delivered to ${sink}${verified ? ' and read back' : ''}`);
  }
  if (!context.isHumanOutput) await context.note(endOf(old, rotated));
}

function endOf(
  { id }: Key,
  { key, oldRevoked, oldRevokeAt }: Pick<Rotated, 'key' | 'oldRevoked' | 'oldRevokeAt'>,
): string {
  if (key.id === id && oldRevoked)
    return `the key ${visible(id)} has a new value, and the old value no longer works`;
  if (oldRevoked) return `the old key ${visible(id)} is revoked`;
  const end = oldRevokeAt === null ? 'nobody uses it any more' : absoluteTime(oldRevokeAt);
  return `the old key ${visible(id)} works until ${end}`;
}

async function dryRun(context: Context, job: Job): Promise<RotationRecord> {
  const { backend, old, input, isOne } = job;
  if (isOne) await context.note('dry run: nothing was rotated');
  const isWanted = !input.finish && (await isDue(context, old, job));
  if (!isWanted) return { ...unchanged(old), dryRun: true };
  const successor = successorFor(context, backend, await whole(backend, old), input);
  await requireNoLoss(context, successor, input);
  const grace = graceOf(input, context.now);
  return {
    ...unrotated(old),
    oldRevokeAt: new Date(context.now.getTime() + grace).toISOString(),
    dryRun: true,
  };
}
