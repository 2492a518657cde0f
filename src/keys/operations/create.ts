import { usageError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { requireCapacity } from '../capacity.ts';
import type { Destination } from '../destination.ts';
import type { Difference } from '../differences.ts';
import { differences } from '../differences.ts';
import type { Key } from '../key.ts';
import { asReported, isActive, mayBeCut, statusOf, unidentified } from '../key.ts';
import type { Delivered, KeyBackend, KeySpec, Sink } from '../ports.ts';
import type { Requested } from '../requested.ts';
import { requestedIn, storedDifferences } from '../requested.ts';
import { isUnnamed } from './candidates.ts';
import { issueKey } from './issue.ts';
import type { Journal } from './operation.ts';

export interface CreationRequest {
  spec: KeySpec;
  /** Create nothing if an active key has this name. */
  ifMissing: boolean;
  /** Create the key even if the API replaces one that works. */
  allowDowntime: boolean;
  dryRun: boolean;
}

/** A key that was created, would be created, or exists already. */
export interface CreationRecord extends Partial<Key>, Requested {
  delivered: readonly Delivered[];
  changed: boolean;
  dryRun?: true;
}

/** What a creation tells while it works. */
export type CreationEvent =
  | { type: 'dry-run' }
  | { type: 'exists'; key: Key }
  | { type: 'sink-unknown'; sink: string; key: Key }
  | { type: 'supersedes'; name: string; ids: readonly string[] }
  | { type: 'stored'; key: Key; differences: readonly Difference[] }
  | { type: 'unidentified' }
  | { type: 'unnamed'; id: string; provider: string }
  | { type: 'replaced-by-api'; id: string }
  | { type: 'replacement-unknown' }
  | { type: 'delivered'; delivered: readonly Delivered[] };

/** What a creation needs from outside the domain. */
export interface CreationServices {
  readonly backend: KeyBackend;
  readonly profile: { name: string; provider: string };
  readonly now: Date;
  /**
   * Call it right before something changes. Returns a function to call if it is certain that nothing has changed. Throws
   * `KeysError` after an interruption.
   */
  startMutation(): () => void;
  journal(): Promise<Journal>;
  /** The keys of the profile that a name is about, newest first, as `KeyBackend.list` returns them. */
  listKeys(references: readonly string[]): Promise<readonly Key[]>;
  /** Throws `KeysError` (5) if an earlier operation on a key of this name is unfinished. */
  requireFinished(name: string): Promise<void>;
  /** Throws `KeysError` (5) if a sink does not hold the value of the key. */
  requireValueInPlaces(keys: readonly Key[], key: Key, places: readonly Sink[]): Promise<void>;
  /** Runs before the secret goes anywhere. */
  maskInLog(secret: Secret): Promise<void>;
  /** Throws `KeysError` if the new key must not stay. `known`: the keys that there were. Absent: it stays. */
  requireFirst?(key: Key, known: readonly Key[]): Promise<void>;
  tell(event: CreationEvent): Promise<void>;
}

/**
 * Creates a key and delivers its secret; undefined: the secret was printed with its record. `destination` is absent in a
 * dry run. Throws `KeysError` as `issueKey` does, and before anything happens for what cannot be done.
 */
export async function createKey(
  services: CreationServices,
  request: CreationRequest,
  destination: Destination<CreationRecord> | undefined,
): Promise<CreationRecord | undefined> {
  const { backend, profile } = services;
  const { spec, ifMissing, dryRun } = request;
  const keys = await services.listKeys([spec.name]);
  const active = keys.filter(isActive);
  const namesakes = active.filter(({ name }) => name === spec.name);
  const [newest] = namesakes;
  if (!dryRun) await services.requireFinished(spec.name);
  if (ifMissing && newest) {
    await services.requireValueInPlaces(keys, newest, destination?.places ?? []);
    await services.tell({ type: 'exists', key: newest });
    return { ...newest, delivered: [], changed: false };
  }
  if (ifMissing) requireNames(profile.provider, backend, keys);
  if (!request.allowDowntime) requireCapacity(profile.provider, backend.capabilities, active);
  if (dryRun || !destination) return planned(services, spec);
  return create(services, spec, { keys, active, namesakes, destination });
}

async function create(
  services: CreationServices,
  spec: KeySpec,
  before: {
    keys: readonly Key[];
    active: readonly Key[];
    namesakes: readonly Key[];
    destination: Destination<CreationRecord>;
  },
): Promise<CreationRecord | undefined> {
  const { backend, profile, tell } = services;
  const { capabilities } = backend;
  const recordOf = (
    key: Key,
    delivered: readonly Delivered[],
    fieldDifferences: readonly Difference[],
  ): CreationRecord => ({
    ...asReported(key),
    superseded: false,
    provider: profile.provider,
    profile: profile.name,
    delivered,
    changed: true,
    ...requestedIn(fieldDifferences),
  });
  const isNameless = !capabilities.reports.includes('name');
  const onNotCreated = services.startMutation();
  const { key, delivered } = await issueKey(backend, spec, {
    sinks: before.destination.sinks((delivery) =>
      recordOf(delivery.key, delivery.delivered, differences(spec, delivery.key, capabilities)),
    ),
    known: before.keys,
    nameless: isNameless,
    single: capabilities.maxKeys === 1,
    journal: await services.journal(),
    onSecret: (secret) => services.maskInLog(secret),
    onNotCreated,
    verify: async (_, created) => services.requireFirst?.({ ...created, name: spec.name }, before.keys),
  });
  if (before.namesakes.length > 0 && capabilities.overlap !== 'none')
    await tell({ type: 'supersedes', name: spec.name, ids: before.namesakes.map(({ id }) => id) });
  const unstoredFields = await storedDifferences(backend, spec, key);
  await tell({ type: 'stored', key, differences: unstoredFields });
  if (key.id === unidentified) await tell({ type: 'unidentified' });
  else if (isNameless) await tell({ type: 'unnamed', id: key.id, provider: profile.provider });
  if (capabilities.maxKeys !== null) await tellReplaced(services, before.active);
  if (before.destination.printsSecret) return undefined;
  await tell({ type: 'delivered', delivered });
  return recordOf(key, delivered, unstoredFields);
}

/**
 * Refuses to create a key because no other has its name (exit 2) if that cannot be told: each run would create another
 * key. `keys` are all that the API lists.
 */
function requireNames(provider: string, backend: KeyBackend, keys: readonly Key[]): void {
  const active = keys.filter(isActive);
  if (mayBeCut(keys, backend)) {
    throw usageError(
      `--if-missing: the provider ${provider} lists exactly ${keys.length} keys, which may not be all: the key may exist unseen`,
      'leave out --if-missing to create the key anyway',
    );
  }
  const reportsNames = backend.capabilities.reports.includes('name') && !active.every(isUnnamed);
  if (active.length === 0 || reportsNames) return;
  throw usageError(
    `--if-missing: the provider ${provider} keeps no names, so a key cannot be found by its name`,
    'keys list',
  );
}

/** An API that allows few keys may have given up one that worked, without saying so. */
async function tellReplaced({ backend, tell }: CreationServices, before: readonly Key[]): Promise<void> {
  // The key is delivered: a server that fails now changes nothing about that.
  const after = await backend.list().catch(() => undefined);
  if (!after) return tell({ type: 'replacement-unknown' });
  const active = new Set(after.filter(isActive).map(({ id }) => id));
  for (const { id } of before.filter((key) => !active.has(key.id)))
    await tell({ type: 'replaced-by-api', id });
}

async function planned({ profile, now, tell }: CreationServices, spec: KeySpec): Promise<CreationRecord> {
  const expiresAt = spec.expiresAt?.getTime() ?? null;
  await tell({ type: 'dry-run' });
  return {
    ...spec,
    status: statusOf({ revoked: false, disabled: false, expiresAt }, now.getTime()),
    expiresAt: spec.expiresAt?.toISOString() ?? null,
    provider: profile.provider,
    profile: profile.name,
    delivered: [],
    changed: false,
    dryRun: true,
  };
}
