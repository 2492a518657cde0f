import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { CreationServices } from '../operations/create.ts';
import { createKey } from '../operations/create.ts';
import { isWaiting } from '../operations/operation.ts';
import { recoverOperation } from '../operations/recover-operation.ts';
import type { KeySpec } from '../ports.ts';
import type { RotationRecord } from '../rotation/record.ts';
import { unfinished } from '../rotation/resume.ts';
import { revokeAndConfirm, rotatesInPlace } from '../rotation/retirement.ts';
import { rotateOne } from '../rotation/rotate-one.ts';
import type { NamePlan } from './action.ts';
import type { ApplyServices } from './apply-services.ts';
import { fieldsOf } from './compare.ts';
import type { DesiredKey } from './desired-key.ts';
import { expiryOfNew } from './expiry.ts';
import { differencesOf } from './field-changes.ts';
import { currentOf } from './observe.ts';
import { renewedLabel } from './provenance.ts';
import { rotationPolicyOf } from './rotation-policy.ts';
import { surveyName, worldOf } from './survey.ts';
import type { PlanWorld } from './world.ts';

/** What became of a name. */
export interface NameOutcome {
  /** As it turned out once the name was claimed. */
  plan: NamePlan;
  /** The key that is current now, if it is another one. */
  newKeyId?: string;
  operation?: string;
  /** Why something is left. */
  pending?: string;
}

/**
 * Makes the key of a name what the file says: finishes what an earlier command began for it, looks again, and does what is
 * still needed. Every step is one of `keys create`, `keys rotate`, `keys update` and `keys revoke`, in the same journal: after
 * a kill, the same call continues. Throws `KeysError`.
 */
export async function applyName(services: ApplyServices, desired: DesiredKey): Promise<NameOutcome> {
  const release = await services.rotation.claimName(desired.name);
  try {
    await finishCreations(services, desired);
    const first = await endOrphan(services, desired, await look(services, desired));
    const outcome = await carryOut(services, first.plan, first.world);
    if (!leavesChanges(services, first.plan, outcome)) return { plan: first.plan, ...outcome };
    const { world, plan } = await look(services, desired);
    return { plan, ...outcome, ...(await carryOut(services, plan, world)) };
  } finally {
    release();
  }
}

interface Look {
  world: PlanWorld;
  plan: NamePlan;
}

/** After the name is claimed: no other process changes its keys meanwhile. */
async function look(services: ApplyServices, desired: DesiredKey): Promise<Look> {
  const world = await worldOf(services, services.options, [desired.name]);
  return { world, plan: await surveyName(services, desired, world) };
}

/**
 * Finishes the creations of a name as `keys recover --all --yes` does, and the rotations whose old key is gone: those of a
 * key that works are finished by its rotation. Throws `KeysError` (5) if one stays open.
 */
async function finishCreations(services: ApplyServices, { name }: DesiredKey): Promise<void> {
  const { rotation, provenance } = services;
  const open = (await services.openOperations()).filter(
    (operation) => operation.header.plan.name === name && !isWaiting(operation),
  );
  if (open.length === 0) return;
  const hasCurrent = currentOf(await services.listKeys([name]), name) !== undefined;
  for (const operation of open) {
    if (operation.header.plan.kind === 'rotate' && hasCurrent) continue;
    const outcome = await recoverOperation(rotation.recovery, operation, safeChoice, {
      isOne: false,
      rotates: false,
      mayAsk: false,
    });
    const { id } = operation.header;
    if (outcome?.outcome === 'open')
      throw unfinished(
        `an earlier operation on ${name} is unfinished: ${outcome.reason ?? 'its secret is in escrow'}`,
        [`keys recover ${id}`],
        id,
      );
    if (outcome?.outcome === 'delivered' && outcome.id && provenance.hasBegun(name))
      provenance.noteCreation({ name, id: outcome.id });
  }
}

const safeChoice = {
  to: [],
  secretOnly: false,
  revoke: false,
  keep: false,
  keyId: undefined,
  assumeYes: true,
};

async function endOrphan(services: ApplyServices, desired: DesiredKey, before: Look): Promise<Look> {
  const { orphan } = before.plan;
  if (!orphan?.keyId) return before;
  services.rotation.startMutation();
  await revokeAndConfirm(services.backend, { id: orphan.keyId });
  const after = await look(services, desired);
  return { ...after, plan: { ...after.plan, orphan } };
}

/** Whether the new key may have the fields of the old one, and not those of the file. */
function leavesChanges(
  { backend }: ApplyServices,
  { isUnfinished, main }: NamePlan,
  { newKeyId }: Omit<NameOutcome, 'plan'>,
): boolean {
  // What was finished may have been begun for an earlier state of the file.
  if (isUnfinished) return true;
  const hasChanges = main.changes?.some(({ field }) => field !== 'to' && field !== 'expiresAt');
  // The API's own rotation takes nothing but an expiry.
  return newKeyId !== undefined && rotatesInPlace(backend) && hasChanges === true;
}

async function carryOut(
  services: ApplyServices,
  plan: NamePlan,
  world: PlanWorld,
): Promise<Omit<NameOutcome, 'plan'>> {
  const { desired, main, retirements, isUnfinished } = plan;
  if (main.action === 'refused') return {};
  if (main.action === 'create' && !isUnfinished) return create(services, desired, world);
  const current = currentOf(world.keys, desired.name);
  if (!current) return {};
  const retires = retirements.some(({ action }) => action === 'revoke');
  const record =
    main.action === 'rotate' || isUnfinished || retires
      ? await rotate(services, plan, world, current)
      : undefined;
  if (main.action === 'change') await change(services, desired, current, world);
  const newId = record?.changed ? record.newId : undefined;
  if (newId) noteSuccessor(services, desired.name, current.id, newId);
  if (newId && desired.disabled) await disable(services, newId, record?.new);
  return {
    ...(newId && { newKeyId: newId }),
    ...(record?.operation && { operation: record.operation }),
    ...(record?.pending && { pending: record.pending }),
  };
}

async function create(
  services: ApplyServices,
  desired: DesiredKey,
  { now, label, backend, keys }: PlanWorld,
): Promise<Omit<NameOutcome, 'plan'>> {
  const { name } = desired;
  const least = backend.capabilities.createFields.includes('permissions')
    ? (backend.permissions ?? []).slice(0, 1)
    : [];
  const spec: KeySpec = {
    name,
    description: null,
    expiresAt: expiryOfNew(desired, now) ?? null,
    permissions: least,
    rateLimitRpm: null,
    budgetUsd: null,
    models: [],
    ...fieldsOf(desired),
    labels: { ...desired.labels, ...label },
  };
  services.provenance.noteCreation({ name });
  // What was created since the plan was made is not known to it.
  const creation: CreationServices = Object.assign(Object.create(services.creation), {
    requireFirst: async (key: Key) => services.creation.requireFirst?.(key, keys),
  });
  const record = await createKey(
    creation,
    { spec, ifMissing: false, allowDowntime: false, dryRun: false },
    await services.openDestination(desired.to),
  );
  const { id } = record ?? {};
  if (!id) return {};
  services.provenance.noteCreation({ name, id });
  if (desired.disabled) await disable(services, id, record as Key);
  return { newKeyId: id };
}

async function change(
  services: ApplyServices,
  desired: DesiredKey,
  key: Key,
  world: PlanWorld,
): Promise<void> {
  const { update } = differencesOf(desired, key, world);
  if (Object.keys(update).length === 0) return;
  const label = renewedLabel(key, services.provenance);
  const renews = Object.keys(label).length > 0 && world.backend.capabilities.updateFields.includes('labels');
  services.rotation.startMutation();
  await services.update(key, renews ? { ...update, labels: { ...update.labels, ...label } } : update);
}

async function disable(services: ApplyServices, id: string, key: Key | null | undefined): Promise<void> {
  if (key && isActive(key)) await services.update({ ...key, id }, { disabled: true });
}

async function rotate(
  services: ApplyServices,
  { desired, main, isUnfinished }: NamePlan,
  world: PlanWorld,
  current: Key,
): Promise<RotationRecord | undefined> {
  const { backend, provenance } = services;
  const record = await rotateOne(services.rotation, {
    keys: world.keys,
    old: current,
    policy: rotationPolicyOf({ ...{ backend, provenance }, now: world.now }, desired, current),
    isOne: false,
    // The name is claimed already.
    ahead: { claim: () => () => {} },
    isWanted: async () => {
      // What has been finished just now may have done it.
      const { plan } = isUnfinished ? await look(services, desired) : { plan: { main } };
      return plan.main.action === 'rotate';
    },
  });
  return record;
}

/** A key that replaces one of the file's own making is of its making, too. */
function noteSuccessor({ provenance }: ApplyServices, name: string, oldId: string, newId: string): void {
  if (provenance.createdIds.has(oldId)) provenance.noteCreation({ name, id: newId });
}
