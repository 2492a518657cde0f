import { stepAt } from '../../base/time.ts';
import type { Key, KeyInput } from '../key.ts';
import type { KeyChanges } from '../ports.ts';
import type { FieldChange } from './action.ts';
import { compareFields, inputsOf } from './compare.ts';
import type { DesiredKey } from './desired-key.ts';
import { expiryOfNew, judgeExpiry } from './expiry.ts';
import { refusedInputs, unknownPermissions } from './refusals.ts';
import type { PlanWorld } from './world.ts';

/** How a key differs from what the file says, but for its places. */
export interface Differences {
  changes: FieldChange[];
  update: KeyChanges;
  unreported: KeyInput[];
  /** Why only another key can be as the file says; absent: a change can make this one so. */
  replaceReason?: string;
}

/** `key`: undefined: there is none, and a new one is described. */
export function differencesOf(
  desired: DesiredKey,
  key: Key | undefined,
  { backend, now }: Pick<PlanWorld, 'backend' | 'now'>,
): Differences {
  const { capabilities } = backend;
  if (!key) return { changes: newFields(desired, now), update: {}, unreported: [] };
  const comparison: Differences = compareFields(desired, key, capabilities);
  if (!desired.expires) return comparison;
  const notice = desired.rotate?.due ?? desired.rotate?.grace;
  const verdict = judgeExpiry(key, desired.expires, { capabilities, now, notice });
  if (verdict.kind === 'unknown') comparison.unreported.push('expiresAt');
  if (verdict.kind === 'right' || verdict.kind === 'unknown') return comparison;
  const { to } = verdict;
  comparison.changes.push({ field: 'expiresAt', from: key.expiresAt ?? null, to: to?.toISOString() ?? null });
  if (verdict.kind === 'change') comparison.update.expiresAt = to;
  else comparison.replaceReason = 'it has lived too long to get the lifetime that the file says';
  return comparison;
}

function newFields(desired: DesiredKey, now: Date): FieldChange[] {
  const end = expiryOfNew(desired, now);
  return [
    ...inputsOf(desired).map((field) => ({ field, from: null, to: (desired as Fields)[field] })),
    ...(end === undefined ? [] : [{ field: 'expiresAt', from: null, to: end?.toISOString() ?? null }]),
    ...(desired.disabled ? [{ field: 'disabled', from: null, to: true }] : []),
  ];
}

type Fields = Partial<Record<KeyInput, unknown>>;

/** Why the key cannot be changed as it is to be. Each is a clause; none: it can. */
export function updateRefusals(
  desired: DesiredKey,
  { disabled, ...fields }: KeyChanges,
  { provider, backend, now }: PlanWorld,
): string[] {
  const { capabilities, permissions } = backend;
  const { update, disable, updateFields, expiry, expirySteps = [], expiryRequired } = capabilities;
  const inputs = Object.keys(fields) as KeyInput[];
  const end = fields.expiresAt;
  const problems = refusedInputs(
    inputs,
    update ? updateFields : [],
    `the provider ${provider} does not change`,
  );
  if (disabled !== undefined && !disable) problems.push(`the provider ${provider} cannot disable a key`);
  if (fields.permissions) problems.push(...unknownPermissions(desired, permissions));
  if (end && end.getTime() <= now.getTime())
    problems.push(`expires: ${end.toISOString().slice(0, 10)} is in the past`);
  if (end && expiry === 'steps' && stepAt(expirySteps, end, now) === undefined)
    problems.push(`the provider ${provider} ends a key only after ${expirySteps.join(', ')}`);
  if (end === null && expiryRequired) problems.push(`at the provider ${provider}, every key expires`);
  return problems;
}
