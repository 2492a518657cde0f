import type { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Key } from '../../keys/key.ts';
import type { RotationRecord } from '../../keys/rotation/record.ts';
import type { RotationEvent } from '../../keys/rotation/services.ts';
import type { Message } from '../message.ts';
import { note, warning } from '../message.ts';
import { relativeTime } from '../relative-time.ts';
import { deliveryMessages } from './recovery-events.ts';
import { storedMessages } from './stored.ts';

/** What is not shown by the progress line. */
type ToldEvent = Exclude<RotationEvent, { type: 'batch-started' | 'batch-step' | 'batch-drained' }>;

interface Reader {
  now: Date;
  /** Tables and cards show what is noted for others. */
  isHumanOutput: boolean;
  /** A table on a terminal, which ends with the totals. */
  isTable: boolean;
}

/** What a rotation tells, in words. */
export function rotationMessages(event: ToldEvent, reader: Reader): Message[] {
  switch (event.type) {
    case 'stored':
      return storedMessages(event.key, event.differences, reader);
    case 'delivered':
      return deliveryMessages(event.delivered);
    case 'replaced':
      return reader.isHumanOutput ? [] : [note(oldKeyText(event))];
    case 'batch-failure':
      return reader.isHumanOutput ? [] : [warning(failureText(event.key, event.error))];
    case 'batch-finished':
      return [
        ...(reader.isTable ? [] : [note(summaryText(event.records, event.notStarted))]),
        ...(event.notStarted > 0 ? [note('to rotate the rest, run the same command again')] : []),
      ];
    case 'not-due':
      return [note(notDueText(event.key, reader.now))];
    default:
      return stepMessages(event, reader.now);
  }
}

type StepEvent = Exclude<
  ToldEvent,
  { type: 'stored' | 'delivered' | 'replaced' | 'batch-failure' | 'batch-finished' | 'not-due' }
>;

function stepMessages(event: StepEvent, now: Date): Message[] {
  switch (event.type) {
    case 'dry-run':
      return [note('dry run: nothing was rotated')];
    case 'unidentified':
      return [
        warning(
          `the API does not show whether it gave the new value to ${event.oldId} or to another key, so no key was revoked: keys list --status all`,
        ),
      ];
    case 'own-key-included':
      return [
        note(
          `${event.key.name} is the session token of the profile ${event.profile}: the new one is stored there too`,
        ),
      ];
    case 'own-key-skipped':
      return [
        warning(
          `skipped ${event.key.name}, the session token that keys itself uses: keys rotate ${shellWord(event.key.id)}`,
        ),
      ];
    case 'only-disables':
      return [
        warning(
          `the provider ${event.provider} cannot revoke a key: the old key is disabled, and can be enabled again`,
        ),
      ];
    case 'no-escrow':
      return [
        warning('there is no escrow: if the new key cannot be delivered, no key is left (keys doctor)'),
      ];
    case 'loss-accepted':
      return [warning(event.problem)];
    case 'would-be-refused':
      return [warning(`without --dry-run this is refused: ${event.problem}`)];
    case 'fleet-continued':
      return [note(continuedText(event, now))];
    case 'resumed':
      return [
        note(
          `finished the interrupted rotation of ${event.name}${event.reason === undefined ? '' : `: ${event.reason}`}`,
        ),
      ];
    case 'usage-unknown':
      return [warning(`the provider does not report whether the key ${event.id} is used: it was left alone`)];
    case 'usage':
      return [note(`${event.evidence}: ${event.isIdle ? 'idle' : 'not idle for long enough'}`)];
    case 'retired':
      return [note(retiredText(event))];
    case 'old-value-still-works':
      return [
        warning(
          `the old value still works although the key ${event.id} is revoked: keys find shows which key has it`,
        ),
      ];
    case 'old-key-stopped-early':
      return [
        warning(
          `the old key ${event.id} no longer works, although it was to work until ${event.until ?? 'it is idle'}`,
        ),
      ];
  }
}

function notDueText({ id, name, createdAt, expiresAt }: Key, now: Date): string {
  const age = createdAt ? `created ${relativeTime(createdAt, now)}` : 'of unknown age';
  const end = expiresAt ? `, expires ${relativeTime(expiresAt, now)}` : '';
  return `${name} (${id}) is not due: ${age}${end}`;
}

function continuedText(
  { startedAt, done, count }: Extract<RotationEvent, { type: 'fleet-continued' }>,
  now: Date,
): string {
  const begun = relativeTime(new Date(startedAt).toISOString(), now);
  return `continuing the run that began ${begun}: ${done} of ${count} keys are done (to rotate those again, add --older-than 1s)`;
}

function retiredText({ id, evidence }: Extract<RotationEvent, { type: 'retired' }>): string {
  return evidence === undefined
    ? `retired the old key ${id}`
    : `${evidence}, so the old key ${id} was revoked`;
}

function oldKeyText(event: Extract<RotationEvent, { type: 'replaced' }>): string {
  const { oldId, newId, retirement, isDisabled } = event;
  const { oldRevoked, oldRevokeAt } = retirement;
  if (newId === oldId && oldRevoked)
    return `the key ${oldId} has a new value, and the old value no longer works`;
  if (oldRevoked) return `the old key ${oldId} is ${isDisabled ? 'disabled' : 'revoked'}`;
  const end = oldRevokeAt === null ? 'it is no longer used' : absoluteTime(oldRevokeAt);
  return newId === oldId
    ? `the old value of the key ${oldId} works until ${end}`
    : `the old key ${oldId} works until ${end}`;
}

function failureText({ id, name }: Key, { message }: KeysError): string {
  return `${name} (${id}): ${message}`;
}

/** The totals of a batch. */
export function summaryText(records: readonly RotationRecord[], notStarted: number): string {
  const count = (test: (record: RotationRecord) => unknown) => records.filter(test).length;
  const parts: [count: number, what: string][] = [
    [count(({ changed }) => changed), 'rotated'],
    [records.flatMap(({ retired }) => retired).length, 'retired'],
    [count(({ changed, error, pending }) => !changed && !error && !pending), 'not due'],
    [count(({ pending }) => pending), 'pending'],
    [count(({ error }) => error), 'failed'],
    [notStarted, 'not started'],
  ];
  const summary = parts.filter(([many]) => many > 0).map(([many, what]) => `${many} ${what}`);
  return summary.join(', ') || 'no key to rotate';
}
