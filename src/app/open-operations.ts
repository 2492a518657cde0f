import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KeysError } from '../base/errors.ts';
import { readOperations } from '../journal/operations.ts';
import type { Key } from '../keys/key.ts';
import { isActive } from '../keys/key.ts';
import type { OpenOperation, Setting } from '../keys/operations/open-operation.ts';
import type { Plan } from '../keys/operations/operation.ts';
import { isWaiting } from '../keys/operations/operation.ts';
import { holdFileLock, probeMs } from '../platform/files/file-lock.ts';
import { makePrivateFolder } from '../platform/paths.ts';
import type { Context } from './context.ts';
import { claim, headersOf, openOperations, settingOf, warningOf } from './open-journal.ts';

/* What the journal says about the keys of this command's profile. */

/** Throws `KeysError` (5) if an operation on a key of this name is unfinished; warns of other unfinished operations. */
export async function requireFinished(context: Context, name: string): Promise<void> {
  const own = await settingOf(context);
  for (const operation of await openOperations(context)) {
    const { id, plan, setting } = operation.header;
    if (isWaiting(operation)) continue;
    const claimedOperation = await claim(context, operation, 0);
    // Another process is working on it, and will finish it.
    if (!claimedOperation) continue;
    await claimedOperation.leave();
    if (isSamePlace(setting, own) && plan.kind !== 'session' && plan.name === name)
      throw unfinished(id, plan);
    await context.warn(
      `the ${operationNoun(plan.kind)} of ${plan.name} (${setting.profile}) is unfinished: keys recover ${id}`,
    );
  }
}

/** The open rotations of keys of these names, the oldest first. */
export async function rotationsOf(context: Context, names: readonly string[]): Promise<OpenOperation[]> {
  if (!existsSync(context.paths.operations)) return [];
  const own = await ownSetting(context);
  const wantedNames = new Set(names);
  return openOperations(context, warningOf(context), {
    isWanted: ({ plan, setting }) =>
      plan.kind === 'rotate' && wantedNames.has(plan.name) && isSamePlace(setting, own),
    headers: headersOf(context),
  });
}

/** The open operations on keys of this profile, the oldest first. */
export async function keyOperations(context: Context): Promise<OpenOperation[]> {
  if (!existsSync(context.paths.operations)) return [];
  const own = await ownSetting(context);
  return openOperations(context, warningOf(context), {
    isWanted: ({ plan, setting }) => plan.kind !== 'session' && isSamePlace(setting, own),
    headers: headersOf(context),
  });
}

/** A command that rotates many keys asks for each name where it works. */
const settings = new WeakMap<Context, Promise<Setting>>();

function ownSetting(context: Context): Promise<Setting> {
  const setting = settings.get(context) ?? settingOf(context);
  settings.set(context, setting);
  return setting;
}

/** A function that writes `retireAt` on a key in its grace period. */
export async function retirements(context: Context): Promise<(key: Key) => Key> {
  const own = await settingOf(context);
  const ends = new Map<string, string | null>();
  const warn = warningOf(context);
  const open = await readOperations(context.paths.operations, warn).catch(async (error: unknown) => {
    if (!(error instanceof KeysError)) throw error;
    await warn(error);
    return [];
  });
  for (const { header, steps } of open) {
    const last = steps.at(-1);
    const { replaces } = header.plan;
    if (replaces && last?.step === 'superseded' && isSamePlace(header.setting, own))
      ends.set(replaces.id, last.until);
  }
  return (key) => {
    const retireAt = isActive(key) ? ends.get(key.id) : undefined;
    return retireAt === undefined ? key : Object.assign(key, { retireAt });
  };
}

function isSamePlace(one: Setting, other: Setting): boolean {
  return one.profile === other.profile && one.url === other.url;
}

/**
 * Reserves the name of a key for this process until the returned function is called: two rotations at once would create two
 * keys. Throws `KeysError` (6) if another process holds it.
 */
export async function claimName(context: Context, name: string): Promise<() => void> {
  const { profile, url } = await ownSetting(context);
  const place = createHash('sha256')
    .update(JSON.stringify([profile, url, name]))
    .digest('hex')
    .slice(0, 16);
  makePrivateFolder(context.paths.operations);
  const release = await holdFileLock(join(context.paths.operations, `name-${place}`), probeMs);
  if (release) return () => release();
  throw new KeysError({
    code: 'rotation_under_way',
    message: `another process is rotating ${name}; nothing was changed`,
    hints: ['wait until it is done, then check: keys list'],
  });
}

function unfinished(id: string, { kind, name }: Plan): KeysError {
  return new KeysError({
    code: 'unfinished_before',
    message: `an earlier ${operationNoun(kind)} of ${name} is unfinished; no key was created`,
    hints: [`keys recover ${id}`],
    operation: id,
  });
}

function operationNoun(kind: Plan['kind']): string {
  return kind === 'rotate' ? 'rotation' : kind;
}
