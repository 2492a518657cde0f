import { setImmediate } from 'node:timers/promises';
import { monotonicMs } from '../../platform/monotonic.ts';
import type { Key } from '../key.ts';
import { mayHide } from '../key.ts';
import type { KeyBackend } from '../ports.ts';
import type { Ahead, RotationServices, SeenKey } from './services.ts';

/** Of the keys that are rotated at a time, each stands for so many of the first group. */
const firstTurns = 12;

/** How long the keys of a later group take: few lists, none of which is old by the time of its last key. */
const groupMs = 4_000;

/** So many names are taken in one stretch, which keeps the process busy: calls that are answered meanwhile come next. */
const claimsPerTurn = 10;

interface AheadServices extends Pick<RotationServices, 'claimName' | 'openRotations'> {
  backend: Pick<KeyBackend, 'list'>;
}

/** Neighbours whose names are taken together, and which are looked at with one list. */
interface Group {
  readonly first: number;
  readonly size: number;
  readonly looks: Promise<Looks>;
  /** When the first of its rotations began. */
  begunAt?: number;
}

interface Looks {
  readonly byId: ReadonlyMap<string, Ahead>;
  /** How long they took. */
  readonly ms: number;
}

/**
 * Looks at many keys with one list, for an API whose list tells as much of a key as a look at it, and for their unfinished
 * rotations with one look at the journal. Both are read once the names are taken, so that they show what another process has
 * done until then. The next list is read while half of the keys of the one before are rotated.
 */
export class LookAhead {
  readonly #services: AheadServices;
  readonly #targets: readonly Key[];
  readonly #now: () => number;
  readonly #indexes: ReadonlyMap<Key, number>;
  readonly #groups: Group[] = [];
  readonly #releases: (() => void)[] = [];

  constructor(services: AheadServices, targets: readonly Key[], now = monotonicMs) {
    this.#services = services;
    this.#targets = targets;
    this.#now = now;
    this.#indexes = new Map(targets.map((target, index) => [target, index]));
  }

  /** To be called in the order of the targets. `concurrency`: how many keys are rotated at a time, which stays the same. */
  async at(target: Key, concurrency: number): Promise<Ahead | undefined> {
    const index = this.#indexes.get(target) ?? 0;
    const minSize = firstTurns * concurrency;
    while (this.#end <= index) this.#begin(minSize);
    const group = this.#groups.findLast(({ first }) => first <= index) as Group;
    const { byId, ms } = await group.looks;
    group.begunAt ??= this.#now();
    const half = Math.floor(group.size / 2);
    if (index === group.first + half && this.#end === group.first + group.size) {
      // What is not done yet is as much as is under way.
      const done = half - 2 * concurrency;
      const timeLeft = Math.min(groupMs, maxSeenMs - spareMs - ms);
      const size = Math.floor((done / (this.#now() - group.begunAt)) * timeLeft);
      this.#begin(Math.max(minSize, size));
    }
    return byId.get(target.id);
  }

  /** Gives every name back. To be called when the last rotation has ended. */
  async end(): Promise<void> {
    await Promise.all(this.#groups.map(({ looks }) => looks));
    for (const release of this.#releases) release();
  }

  /** How many targets are in groups. */
  get #end(): number {
    const last = this.#groups.at(-1);
    return last ? last.first + last.size : 0;
  }

  #begin(wantedSize: number): void {
    const first = this.#end;
    const targets = this.#targets.slice(first, first + wantedSize);
    if (targets.length === 0) return;
    this.#groups.push({ first, size: targets.length, looks: this.#look(targets) });
  }

  async #look(targets: readonly Key[]): Promise<Looks> {
    const begunAt = this.#now();
    const byId = await this.#prepare(targets);
    return { byId, ms: this.#now() - begunAt };
  }

  async #prepare(targets: readonly Key[]): Promise<ReadonlyMap<string, Ahead>> {
    const claims: Ahead['claim'][] = [];
    for (const { name } of targets) {
      claims.push(await this.#claim(name));
      if (claims.length % claimsPerTurn === 0) await setImmediate();
    }
    const names = targets.map(({ name }) => name);
    const unfinished = await this.#services.openRotations(...names).catch(() => undefined);
    const seenAt = monotonicMs();
    // As the API reports them: what the journal adds to a key takes a look at every open operation.
    const listed = targets.length > 1 ? await this.#services.backend.list([]).catch(() => []) : [];
    const keys = new Map(listed.map((key) => [key.id, key]));
    return new Map(
      targets.map(({ id, name }, at): [string, Ahead] => {
        const [claim, key] = [claims[at], keys.get(id)];
        const ofName = unfinished?.filter(({ header }) => header.plan.name === name);
        return [
          id,
          {
            claim: claim ?? (() => () => {}),
            ...(ofName && { unfinished: ofName }),
            ...(key && { seen: { key, seenAt } }),
          },
        ];
      }),
    );
  }

  async #claim(name: string): Promise<Ahead['claim']> {
    try {
      const release = await this.#services.claimName(name);
      this.#releases.push(release);
      return () => release;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }
}

/** A look at an old key that is younger than this need not be repeated. */
export const maxSeenMs = 10_000;

/** The margin by which the last key of a group stays younger than that. */
const spareMs = 1_000;

/** Of an API without a call for one key, a list that is younger than this is not read again. */
const maxListedMs = 1_000;

/**
 * Everything that the API reports of a key, and when it did, as `monotonicMs`. Undefined if the key is gone since it was
 * listed: it is neither found nor listed any more, in a list that is whole.
 */
export async function lookAt(
  { backend, listKeys }: Pick<RotationServices, 'backend' | 'listKeys'>,
  listed: Key,
  { seen, listedAt }: { seen?: SeenKey | undefined; listedAt?: number | undefined } = {},
): Promise<{ key: Key; seenAt?: number } | undefined> {
  if (seen?.key.id === listed.id && monotonicMs() - seen.seenAt < maxSeenMs)
    return { key: { ...listed, ...seen.key }, seenAt: seen.seenAt };
  const seenAt = monotonicMs();
  const { show } = backend.capabilities;
  const key = show ? await backend.get(listed.id) : undefined;
  if (key) return { key: { ...listed, ...key }, seenAt };
  if (!show && listedAt !== undefined && seenAt - listedAt < maxListedMs) return { key: listed };
  const keys = await listKeys([listed.name, listed.id]);
  const listedAgain = keys.find(({ id }) => id === listed.id);
  if (listedAgain) return { key: { ...listed, ...listedAgain } };
  return show || !mayHide(keys, backend) ? undefined : { key: listed };
}
