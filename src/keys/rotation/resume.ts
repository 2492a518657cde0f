import type { Context } from '../../app/context.ts';
import { KeysError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import { before } from '../../base/time.ts';
import type { RotateInput } from '../../commands/key/rotate.ts';
import { absoluteTime } from '../../output/relative-time.ts';
import type { RotationRecord } from '../../output/views/rotated.ts';
import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { OpenOperation } from '../operations/open-operation.ts';
import { isWaiting } from '../operations/operation.ts';
import { recoverOne } from '../operations/recover-one.ts';
import type { KeyBackend, Sink } from '../ports.ts';
import { graceOf } from './record.ts';
import { retire, revokeAndConfirm } from './retirement.ts';
import type { Job } from './rotate-one.ts';
import { idlenessOf, supersededOf, useOf } from './succession.ts';

export interface Resumed {
  /** Ids of the old keys that were retired. */
  retired: string[];
  /** What the keys are has to be asked again: they were changed here, or by another process since they were listed. */
  hasChanged: boolean;
  /** The API replaced the secret of the key, and it was lost: the key is rotated again, due or not. */
  isRenewed: boolean;
  /** An earlier command had got as far as a new key, which has arrived now. */
  rotated?: Pick<RotationRecord, 'changed' | 'delivered' | 'operation' | 'oldId'>;
}

/**
 * Goes on with what earlier commands began for this name, as the journal tells of it. Throws `KeysError` (5) where
 * that needs somebody to decide.
 */
export async function resume(context: Context, { backend, keys, old, input, isOne }: Job): Promise<Resumed> {
  const { rotationsOf } = await import('../../app/open-journal.ts');
  const mayAsk = isOne && context.interactive && !context.globals.yes;
  const resumed: Resumed = { hasChanged: false, isRenewed: false, retired: [] };
  for (const open of await rotationsOf(context, old.name)) {
    if (isWaiting(open)) {
      const made = open.steps.findLast((one) => one.step === 'created')?.id;
      resumed.hasChanged ||= Boolean(made) && !keys.some(({ id }) => id === made);
      if (await retireWaiting(context, backend, open, input)) {
        resumed.hasChanged = true;
        resumed.retired.push(open.header.plan.replaces?.id ?? '');
      }
      continue;
    }
    const { plan } = open.header;
    // A new place is meant for the key that waits; the same ones are served where they were left.
    const isElsewhere = input.to.some(({ text }) => !plan.sinks.includes(text));
    const to = isElsewhere ? input.to : [];
    const none = { list: false, all: true, to, secretOnly: false, allowInGit: input.allowInGit };
    const neutral = { ...none, operands: [], revoke: false, keep: false, key: undefined };
    const grace = input.grace && graceOf(input, context.now);
    const how = { isOne: false, mayAsk, rotates: !input.finish, grace };
    const outcome = await recoverOne(context, open, neutral, how);
    resumed.hasChanged = true;
    resumed.isRenewed ||= outcome?.outcome === 'ended' && outcome.id === plan.replaces?.id;
    if (outcome?.outcome === 'open') {
      throw unfinished(
        `an earlier rotation of ${old.name} is unfinished: ${outcome.reason ?? 'its secret waits'}`,
        [`keys recover ${open.header.id}`],
        open.header.id,
      );
    }
    if (outcome?.outcome === 'delivered') {
      const end = outcome.reason === undefined ? '' : `: ${visible(outcome.reason)}`;
      await context.note(`the rotation of ${visible(old.name)} that was interrupted has been finished${end}`);
      const served = new Set(outcome.delivered?.map(({ sink }) => sink));
      // What has arrived cannot be read from where it is: the other place gets a key of its own.
      if (isElsewhere && !input.to.every(({ text }) => served.has(text))) continue;
      const { delivered, operation } = outcome;
      resumed.rotated = { changed: true, delivered, operation, oldId: plan.replaces?.id ?? null };
    }
  }
  return resumed;
}

/** Whether the old key of a rotation that waits for its end was retired now. */
async function retireWaiting(
  context: Context,
  backend: KeyBackend,
  open: OpenOperation,
  { whenIdle, grace, finish }: RotateInput,
): Promise<boolean> {
  const { replaces } = open.header.plan;
  if (!replaces) return false;
  const isAsked = finish && grace?.milliseconds === 0 && grace.months === 0;
  const isIdle = whenIdle !== undefined && (await hasGoneQuiet(context, backend, replaces.id, whenIdle));
  if (whenIdle !== undefined ? !isIdle : !isAsked && isWaiting(open, context.now)) return false;
  const operation = await (await import('../../app/open-journal.ts')).claim(context, open);
  if (!operation) return false;
  try {
    context.startMutation();
    const { oldRevoked } = await retire(backend, operation, context.now, { atOnce: isIdle || isAsked });
    if (oldRevoked) await context.note(`the old key ${visible(replaces.id)} is retired`);
    return oldRevoked;
  } finally {
    await operation.leave();
  }
}

async function hasGoneQuiet(
  context: Context,
  backend: KeyBackend,
  id: string,
  whenIdle: NonNullable<RotateInput['whenIdle']>,
): Promise<boolean> {
  const idleness = await idlenessOf(backend, { id }, before(context.now, whenIdle));
  if (!idleness) {
    await context.warn(
      `the provider does not tell whether the key ${visible(id)} is used: it was left alone`,
    );
    return false;
  }
  await context.note(`${visible(idleness.evidence)}: ${idleness.isIdle ? 'idle' : 'still in use'}`);
  return idleness.isIdle;
}

/**
 * Retires the old keys of a name by what the API alone tells, as a job on a fresh machine has to: where the grace is over
 * and something shows that the newest key has arrived.
 */
export async function retireSuperseded(
  context: Context,
  { backend, keys, old, input }: Job,
  sinks: readonly Sink[],
): Promise<Settled> {
  const { rotationsOf } = await import('../../app/open-journal.ts');
  const known = new Set((await rotationsOf(context, old.name)).map(({ header }) => header.plan.replaces?.id));
  const grace = graceOf(input, context.now);
  const left = supersededOf(keys, old.name, grace).filter(({ key }) => !known.has(key.id));
  const current = keys.find((key) => key.name === old.name && isActive(key));
  const retired: string[] = [];
  const pending = (key: Key, why: string): Settled => ({ retired, pending: pendingText(key, why) });
  for (const { key, due, ends } of left) {
    if (ends && input.whenIdle === undefined) continue;
    const isOver =
      input.whenIdle === undefined
        ? due !== null && due <= context.now.getTime()
        : await hasGoneQuiet(context, backend, key.id, input.whenIdle);
    if (!isOver) {
      if (due === null)
        return pending(key, 'the API does not tell which key of the name is newer, or since when');
      continue;
    }
    const evidence =
      current && ((await useOf(backend, current)) ?? (await placeOf(backend, keys, current, sinks)));
    if (evidence === undefined) {
      return pending(key, `nothing shows that the new key ${current?.id} has arrived where it is used`);
    }
    context.startMutation();
    await revokeAndConfirm(backend, key);
    retired.push(key.id);
    await context.note(`${visible(evidence)}, so the old key ${visible(key.id)} was revoked`);
  }
  return { retired };
}

/** What shows that a sink holds the value of this key, and of no other, in words. */
async function placeOf(
  backend: KeyBackend,
  keys: readonly Key[],
  current: Key,
  sinks: readonly Sink[],
): Promise<string | undefined> {
  const { provenHolder } = await import('../../app/find-by-value.ts');
  for (const sink of sinks) {
    const value = await sink.read?.();
    const holder = value && (await provenHolder(backend, keys, value));
    if (holder?.id === current.id) return `${sink.name} holds ${current.id}`;
  }
  return undefined;
}

export interface Settled {
  /** Ids of the old keys that were retired. */
  retired: readonly string[];
  /** Why one was left alone that should be retired. */
  pending?: string;
}

function pendingText({ id, createdAt }: Key, why: string): string {
  const made = createdAt ? ` of ${absoluteTime(createdAt)}` : '';
  return `the old key ${id}${made} still works: ${why}; when you are sure: keys revoke ${shellWord(id)} --yes`;
}

/** For what stands in the way and is for somebody else to decide. */
export function unfinished(message: string, hints: readonly string[], operation?: string): KeysError {
  return new KeysError({
    code: 'rotation_unfinished',
    message,
    hints,
    ...(operation !== undefined && { operation }),
  });
}
