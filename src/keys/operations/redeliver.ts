import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../app/context.ts';
import { sinkContextOf } from '../../app/sink-context.ts';
import { InvalidValue, KeysError } from '../../base/errors.ts';
import { shownOnce } from '../../output/reminder.ts';
import { resolveDestination, showsSecret } from '../../sinks/destinations.ts';
import { maskInCiLog } from '../../sinks/mask.ts';
import type { SinkSpec } from '../../sinks/sink-spec.ts';
import { parseSink } from '../../sinks/sink-spec.ts';
import type { Key } from '../key.ts';
import type { Delivered, Verdict } from '../ports.ts';
import { verifyNewKey } from '../rotation/rotation.ts';
import type { End, Recovery } from './end.ts';
import { completed, revoke } from './end.ts';
import { shownBy } from './look.ts';
import type { RecoveryState } from './recovery-state.ts';
import { describe } from './report.ts';
import { resumeDelivery } from './resume-delivery.ts';

/**
 * Hands the secret that waits in escrow to the sinks that do not have it, or to those that --to names; undefined where
 * it was printed. Throws `KeysError` where a sink fails: the secret then goes on waiting.
 */
export async function deliver(
  recovery: Recovery,
  standing: Extract<RecoveryState, { kind: 'deliverable' }>,
): Promise<End | undefined> {
  const { key, secret, sinks } = standing;
  const { context, open, operation, input, isOne } = recovery;
  if (standing.isUnlisted) {
    const doubt = await doubtsAbout(recovery, standing);
    if (doubt) return doubt;
  }
  const meant = input.to.length > 0 ? input.to : sinks.map(parseSink);
  const places = meant.filter(({ kind }) => kind !== 'stdout');
  const mayPrint =
    isOne && (input.secretOnly || input.to.length > 0 || showsSecret(context.io, context.output.format));
  if (places.length < meant.length && !mayPrint) return withoutStdout(recovery, { key, places });
  const specs = await ask(recovery, standing, meant);
  if (specs === 'revoke') return revoke(recovery, key);
  if (specs === 'leave') return { outcome: 'open', id: key.id, reason: 'left as it is' };
  const isElsewhere = input.to.length > 0 || specs !== meant;

  const before = describe(open).delivered;
  const destination = await resolveDestination(context.io, {
    to: specs,
    secretOnly: input.secretOnly,
    format: context.output.format,
    fields: context.output.fields,
    context: sinkContextOf(context, input.allowInGit, {
      ...open.header.setting,
      ...(isElsewhere && { cwd: context.io.cwd }),
    }),
    present: ({ delivered }, value) => print(recovery, key, [...before, ...delivered], value),
  });
  context.startMutation();
  const { replaces } = operation.plan;
  const { backend } = recovery.maker;
  if (replaces && backend) {
    await onceShown(recovery, () => verifyNewKey(backend, replaces, secret));
  }
  const delivered = await resumeDelivery(operation, { key, secret }, destination.sinks, (one) =>
    maskInCiLog(context.io, one),
  );
  const retirement = await completed(recovery);
  for (const { sink, verified } of delivered) {
    if (sink !== 'stdout') await context.note(`delivered to ${sink}${verified ? ' and read back' : ''}`);
  }
  if (destination.printsRecord && context.io.stdout.isTTY) await context.note(shownOnce('secret'));
  if (destination.printsSecretOnly || destination.printsRecord) return undefined;
  return { outcome: 'delivered', ...retirement, id: key.id, delivered: [...before, ...delivered] };
}

/** What an API refuses that may not know the key yet is asked once more when it has had the time to. */
async function onceShown(recovery: Recovery, ask: () => Promise<void>): Promise<void> {
  const { context } = recovery;
  const left = shownBy(recovery) - context.now.getTime();
  await ask().catch(async (error: unknown) => {
    const isRefused = error instanceof KeysError && error.failure.code === 'new_key_refused';
    if (!isRefused || left <= 0) throw error;
    await sleep(left, undefined, { signal: context.stop }).catch(() => {});
    await ask();
  });
}

/**
 * A key that a list does not show may be gone, or the list may be short: the key itself is asked, where it can be. What
 * waits in escrow is not given up because of a list.
 */
async function doubtsAbout(
  recovery: Recovery,
  { key: { id }, secret }: Extract<RecoveryState, { kind: 'deliverable' }>,
): Promise<End | undefined> {
  const { context, input, maker, operation, open } = recovery;
  if (input.to.length > 0) return undefined;
  const { backend } = maker;
  const verify = async () => (backend?.capabilities.verify ? backend.verify(secret) : undefined);
  const isRefused = (one: Verdict | undefined) =>
    one !== undefined && ['invalid', 'revoked', 'expired'].includes(one.reason);
  const first = await verify();
  // What does not list a new key yet may not know its value yet either.
  const left = shownBy(recovery) - context.now.getTime();
  const isEarly = isRefused(first) && left > 0;
  if (isEarly) await sleep(left, undefined, { signal: context.stop }).catch(() => {});
  const verdict = isEarly ? await verify() : first;
  if (verdict?.valid) return undefined;
  if (isRefused(verdict) && shownBy(recovery) <= context.now.getTime()) {
    context.startMutation();
    await operation.end();
    return { outcome: 'ended', id, reason: `the API does not list the key ${id}, and refuses its value` };
  }
  return {
    outcome: 'open',
    id,
    reason: `the API does not list the key ${id}; its secret waits: keys recover ${open.header.id} --to ... delivers it, --revoke ends it`,
  };
}

/** Where the secret was to be printed for a reader who is gone, and cannot be printed here. */
async function withoutStdout(
  recovery: Recovery,
  { key, places }: { key: Key; places: readonly SinkSpec[] },
): Promise<End | undefined> {
  const { context, open } = recovery;
  const { id } = open.header;
  const holders = describe(open).delivered.filter(({ verified }) => verified);
  if (places.length === 0 && holders.length > 0) {
    context.startMutation();
    return {
      outcome: 'delivered',
      reason: 'it was to be printed as well, and can be read there',
      ...(await completed(recovery)),
      id: key.id,
    };
  }
  if (context.globals.yes) return revoke(recovery, key);
  return {
    outcome: 'open',
    id: key.id,
    reason: `its secret was to be printed: keys recover ${id} --to env:.env#API_KEY, or --secret-only, or --revoke`,
  };
}

async function print(
  { context, open }: Recovery,
  { id }: Key,
  delivered: readonly Delivered[],
  secret: string,
): Promise<void> {
  const all = [...delivered, { sink: 'stdout', verified: false }];
  const { reason: _, ...known } = describe(open);
  const record = { ...known, outcome: 'delivered' as const, id, delivered: all, secret };
  await context.print({
    kind: 'one',
    record,
    columns: ['operation', 'outcome', 'id', 'name', 'secret'],
    table: async (_, terminal) =>
      (await import('../../output/views/operations.ts')).deliveredView(record, terminal),
  });
}

/**
 * Where to deliver, or what else to do: on a terminal the person says so; elsewhere, and with --yes, it is delivered as
 * it was meant to be.
 */
async function ask(
  { context, input, maker, mayAsk }: Recovery,
  { key, from }: Extract<RecoveryState, { kind: 'deliverable' }>,
  meant: readonly SinkSpec[],
): Promise<readonly SinkSpec[] | 'revoke' | 'leave'> {
  if (!mayAsk || input.to.length > 0 || input.secretOnly) return meant;
  const { noun } = maker.subject;
  const places = meant.map(({ text }) => (text === 'stdout' ? 'this terminal' : text)).join(', ');
  const where = from === undefined ? 'is in escrow' : `is in ${from}, and was to go elsewhere too`;
  const answer = await context.choose(`The secret of ${key.name} (${key.id}) ${where}.`, [
    { value: 'deliver', name: `deliver it to ${places}` },
    { value: 'elsewhere', name: 'deliver it elsewhere' },
    { value: 'revoke', name: `revoke the ${noun}` },
    { value: 'leave', name: 'leave it in escrow' },
  ]);
  if (answer === 'elsewhere') return (await askPlace(context)) ?? 'leave';
  if (answer === 'deliver') return meant;
  const isFinal =
    answer === 'revoke' &&
    (await context.confirm(`Revoke the ${noun} ${key.name} (${key.id})? Its secret is lost then.`, [
      'no, leave the secret in escrow',
      `yes, revoke the ${noun}`,
    ]));
  return isFinal ? 'revoke' : 'leave';
}

/** Asks for a sink until one is named that there can be; undefined where nothing is named. */
async function askPlace(context: Context): Promise<readonly SinkSpec[] | undefined> {
  for (;;) {
    const text = (await context.ask('Where to? (file:PATH, env:PATH#NAME and more: keys help sinks)')).trim();
    if (text === '') return undefined;
    try {
      return [parseSink(text)];
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      await context.warn(error.message);
    }
  }
}
