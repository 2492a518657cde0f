import { isValueOf, provenHolder } from '../../src/app/find-by-value.ts';
import type { Authority } from '../../src/authority/authority.ts';
import type { Secret } from '../../src/base/secret.ts';
import type { Key } from '../../src/keys/key.ts';
import { withSuperseded } from '../../src/keys/key.ts';
import type { EscrowedSecret, Journal, Step, WrittenStep } from '../../src/keys/operations/operation.ts';
import type { RecoveryServices } from '../../src/keys/operations/recovery.ts';
import type { ApplyServices } from '../../src/keys/plan/apply-services.ts';
import { requireFirst } from '../../src/keys/plan/require-first.ts';
import type { PlanOptions } from '../../src/keys/plan/survey.ts';
import type { KeyBackend, Sink } from '../../src/keys/ports.ts';
import { Interruption } from '../../src/platform/interruption.ts';
import { MortalPorts } from './mortal-ports.ts';

const uninterrupted = new Interruption({
  interrupt: new AbortController().signal,
  urgent: new AbortController().signal,
  endsWith: () => {},
});

/** Places that outlive every process, by their sinks. */
export class Places {
  readonly values = new Map<string, Secret>();

  sink(name: string): Sink {
    return {
      name,
      check: async () => {},
      deliver: async ({ secret }) => void this.values.set(name, secret),
      read: async () => this.values.get(name) ?? null,
    };
  }
}

interface World {
  authority: Authority;
  /** What stands in front of it; absent: nothing. */
  backend?: KeyBackend;
  places: Places;
  now: () => Date;
  /** The process dies before its n-th call of a port; absent: never. */
  killedAt?: number;
  options?: Partial<PlanOptions>;
  /** Absent: it does not last. */
  pause?: () => Promise<void>;
}

/** One process on a machine without state, which applies a file to an authority. */
export function processIn({
  authority,
  backend: front = authority,
  places,
  now,
  killedAt,
  options = {},
  pause = async () => {},
}: World): ApplyServices {
  const ports = new MortalPorts(killedAt ?? Number.POSITIVE_INFINITY);
  const backend: KeyBackend = ports.backend(front);
  const profile = { name: 'local', provider: 'local' };
  const list = async () => withSuperseded(await backend.list());
  const open = async (to: readonly string[]) => ports.sinks(to.map((name) => places.sink(name)));
  const openDestination = async (to: readonly string[]) => {
    const sinks = await open(to);
    return { places: sinks, printsSecret: false, sinks: () => sinks };
  };
  const first = (key: Key, known: readonly Key[]) => requireFirst({ listKeys: list, pause }, key, known);
  const common = {
    requireFirst: first,
    backend,
    profile,
    listsWhole: false,
    get now() {
      return now();
    },
    startMutation: () => () => {},
    journal: async () => ports.journal(journalIn(now)),
    maskInLog: async () => {},
    tell: async () => {},
    listKeys: list,
    ownKey: async () => undefined,
    openDestination,
  };
  return {
    ...common,
    get now() {
      return now();
    },
    options: { prunes: false, redelivers: false, ...options },
    openOperations: async () => [],
    openPlaces: open,
    isValueOf: (keys, key, value) => isValueOf(authority, keys, key, value),
    isWithoutFolder: () => false,
    provenance: {
      label: {},
      earlierValues: [],
      createdIds: new Set(),
      noteCreation: () => {},
      hasBegun: () => false,
    },
    creation: { ...common, requireFinished: async () => {}, requireValueInPlaces: async () => {} },
    rotation: {
      ...common,
      interruption: uninterrupted,
      mayAsk: false,
      // The journal of an earlier process is gone with its machine.
      recovery: {} as RecoveryServices,
      listKeysWith: list,
      claimName: async () => () => {},
      openRotations: async () => [],
      provenHolder: (keys, value) => provenHolder(authority, keys, value),
      openFleet: async () => {
        throw new Error('an apply is no fleet');
      },
    },
    update: async (key, changes) => void (await backend.update(key.id, changes, key)),
  };
}

/** A journal that ends with its process. */
function journalIn(now: () => Date): Journal {
  return {
    begin: async (plan) => {
      const steps: WrittenStep[] = [];
      let held: EscrowedSecret | undefined;
      const note = (step: Step) => void steps.push({ ...step, at: now().toISOString() });
      return {
        id: 'op000001',
        plan,
        steps,
        escrow: 'test escrow',
        note: async (step) => note(step),
        noteAhead: note,
        settle: async () => {},
        putInEscrow: async (secret) => {
          held = secret;
        },
        readEscrow: async () => held,
        end: async () => {},
        clearEscrow: async () => {},
        leave: async () => {},
      };
    },
  };
}

/** The keys of a name that work. */
export async function liveKeys(authority: Authority, name: string): Promise<Key[]> {
  const keys = await authority.list();
  return keys.filter((key) => key.name === name && ['active', 'expiring'].includes(key.status));
}
