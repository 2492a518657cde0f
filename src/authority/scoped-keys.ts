import { maskSecrets } from '../base/secret.ts';
import type { Key } from '../keys/key.ts';
import type { KeyChanges, KeySpec, LogQuery, UsageQuery, UsageRow } from '../keys/ports.ts';
import { adminLimitsOf, recordAdminChanges } from './admin-limits.ts';
import type { Ceiling } from './ceiling.ts';
import { applyCeiling, requireWithinCeiling } from './ceiling.ts';
import type { Organisation } from './decision.ts';
import { keyRevoked, noSuchKey } from './errors.ts';
import type { IdempotentRequest } from './idempotency.ts';
import type { IssuedKey } from './issue-key.ts';
import { issueKey, requireEntitled } from './issue-key.ts';
import { requireBounds } from './key-bounds.ts';
import { hashOf, idOf } from './key-format.ts';
import { optionalText, toKey } from './key-row.ts';
import type { KeyQuery } from './key-table.ts';
import { KeyTable } from './key-table.ts';
import { readUsage } from './metering.ts';
import type { Rotation } from './rotate-key.ts';
import { rotateKey } from './rotate-key.ts';
import type { Caller } from './sessions.ts';
import type { Store } from './store/store.ts';
import type { Row, Work } from './store/work.ts';
import { bytesIn } from './store/work.ts';
import type { LogScope, PositionedEntry } from './use-log.ts';
import { countLog, readLog } from './use-log.ts';
import { ceilingOf } from './users.ts';

/** Keys read at once. */
const pageSize = 1000;

/** A key, and what its authority knows about it besides. */
export interface OwnedKey {
  key: Key;
  /** The user who owns it; null for keys created locally. */
  owner: string | null;
  /** SHA-256 of the key's value, in hexadecimal. */
  hash: string;
  /** Its position in the list. */
  position: { at: number; id: string };
}

export interface IssueOptions {
  /** The owner's single key in an API that allows only one. */
  single?: boolean;
  idempotentRequest?: IdempotentRequest;
}

/**
 * The keys as one caller sees them: a user sees its own, an admin all. New keys belong to the caller. Every method throws
 * `KeysError`; another user's key does not exist for the caller.
 */
export class ScopedKeys {
  readonly caller: Caller;
  readonly #store: Store;
  readonly #organisation: Organisation;
  readonly #now: () => number;

  constructor(store: Store, organisation: Organisation, now: () => number, caller: Caller) {
    this.#store = store;
    this.#organisation = organisation;
    this.#now = now;
    this.caller = caller;
  }

  /** Newest first. */
  async list(query: KeyQuery = {}): Promise<OwnedKey[]> {
    const now = this.#now();
    const rows = await this.#store.read(() => this.#table.all(query, now));
    return rows.map((row) => toOwnedKey(row, now));
  }

  /** All keys of `list`, read in pages: rows of many keys at once would take a gigabyte. */
  async *each(query: Omit<KeyQuery, 'limit' | 'after'> = {}): AsyncGenerator<OwnedKey> {
    let after: OwnedKey['position'] | undefined;
    for (let isMore = true; isMore; ) {
      const page = await this.list({ ...query, limit: pageSize, ...(after && { after }) });
      yield* page;
      after = page.at(-1)?.position;
      isMore = page.length === pageSize;
    }
  }

  /** By its id, by the SHA-256 of its value, or by the value itself. */
  async find(reference: string): Promise<OwnedKey | undefined> {
    return this.#store.read(() => this.#find(reference));
  }

  /** As `find`. Throws `no_such_key`. */
  async get(reference: string): Promise<OwnedKey> {
    return this.#store.read(() => this.#get(reference));
  }

  /** The caller's single key in an API that allows only one. */
  async single(): Promise<OwnedKey | undefined> {
    const row = await this.#store.read(() => this.#table.single(this.caller.user));
    return row && toOwnedKey(row, this.#now());
  }

  issue(spec: KeySpec, options: IssueOptions = {}): Promise<IssuedKey> {
    return this.#store.write(() => this.#issue(spec, options));
  }

  /** `reference`: as in `find`, here and below. */
  rotate(reference: string, rotation: Rotation, idempotentRequest?: IdempotentRequest): Promise<IssuedKey> {
    return this.#store.write(() => this.#rotate(reference, rotation, idempotentRequest));
  }

  /** `check` throws if the key as it is must not be changed. */
  update(
    reference: string,
    changes: KeyChanges,
    check: (current: OwnedKey) => void = () => {},
  ): Promise<OwnedKey> {
    return this.#store.write(() => this.#update(reference, changes, check));
  }

  /** Returns false if it was already revoked. */
  revoke(reference: string): Promise<boolean> {
    return this.#store.write(() => this.#revoke(reference));
  }

  /** Newest first. */
  logs(query: LogQuery, scope: Omit<LogScope, 'owner'> = {}): AsyncIterable<PositionedEntry> {
    return readLog(this.#store, query, { ...scope, owner: this.#ownerIn(scope) });
  }

  logCount(query: LogQuery, scope: Omit<LogScope, 'owner'> = {}): Promise<number> {
    return this.#store.read(() => countLog(query, { ...scope, owner: this.#ownerIn(scope) }));
  }

  usage(query: UsageQuery): Promise<UsageRow[]> {
    return this.#store.read(() => readUsage(query, this.#visibleOwner));
  }

  *#find(reference: string): Work<OwnedKey | undefined> {
    const row = yield* this.#rowFor(reference);
    return row && toOwnedKey(row, this.#now());
  }

  *#get(reference: string): Work<OwnedKey> {
    const foundKey = yield* this.#find(reference);
    if (!foundKey) throw noSuchKey(maskSecrets(reference));
    return foundKey;
  }

  #rowFor(reference: string): Work<Row | undefined> {
    if (/^[0-9a-f]{64}$/.test(reference)) return this.#table.rowByHash(Buffer.from(reference, 'hex'));
    if (idOf('sk', reference) !== undefined) return this.#table.rowByHash(hashOf(reference));
    return this.#table.row(reference);
  }

  *#issue(spec: KeySpec, { single = false, idempotentRequest }: IssueOptions): Work<IssuedKey> {
    const ceiling = yield* this.#ceiling();
    const allowedSpec = ceiling ? applyCeiling(spec, ceiling) : spec;
    const issuance = {
      owner: this.caller.user,
      single,
      organisation: this.#organisationUnder(ceiling),
      ...(idempotentRequest && { idempotentRequest }),
    };
    return yield* issueKey(allowedSpec, issuance, this.#now());
  }

  *#rotate(
    reference: string,
    rotation: Rotation,
    idempotentRequest: IdempotentRequest | undefined,
  ): Work<IssuedKey> {
    const { key } = yield* this.#get(reference);
    const rotator = {
      visibleTo: this.#visibleOwner,
      organisation: this.#organisationUnder(yield* this.#ceiling()),
      ...(idempotentRequest && { idempotentRequest }),
    };
    return yield* rotateKey(key.id, rotation, rotator, this.#now());
  }

  *#update(reference: string, changes: KeyChanges, check: (current: OwnedKey) => void): Work<OwnedKey> {
    const current = yield* this.#get(reference);
    check(current);
    const { key, owner } = current;
    if (key.status === 'revoked') throw keyRevoked(key);
    requireBounds({ ...changes, labels: {} });
    requireEntitled(changes.models ?? [], this.#organisation);
    const ceiling = yield* this.#ceiling();
    if (ceiling) yield* requireAllowed(key, changes, ceiling);
    else if (owner !== this.caller.user) yield* recordAdminChanges(key.id, changes);
    yield* this.#table.update(key.id, changes, this.#now());
    return yield* this.#get(reference);
  }

  *#revoke(reference: string): Work<boolean> {
    const { key } = yield* this.#get(reference);
    return yield* this.#table.revoke(key.id, this.#now());
  }

  /** Undefined for an admin, who has no ceiling. */
  *#ceiling(): Work<Ceiling | undefined> {
    return this.caller.role === 'admin' ? undefined : yield* ceilingOf(this.caller.user);
  }

  #organisationUnder(ceiling: Ceiling | undefined): Organisation {
    const maxKeys = ceiling?.maxKeys ?? undefined;
    if (maxKeys === undefined) return this.#organisation;
    return { ...this.#organisation, maxKeys: Math.min(maxKeys, this.#organisation.maxKeys ?? maxKeys) };
  }

  /** The user whose keys the caller sees; null: all keys. A reporter may name any key, too. */
  get #visibleOwner(): string | null {
    return this.caller.role === 'user' ? this.caller.user : null;
  }

  /** An API that allows one key shows only the caller's own, even to an admin. */
  #ownerIn({ single = false }: LogScope): string | null {
    return single ? this.caller.user : this.#visibleOwner;
  }

  get #table(): KeyTable {
    return new KeyTable(this.#visibleOwner);
  }
}

/** Only an admin can lift a spent budget: stopping the key is what it is for. */
function* requireAllowed(key: Key, changes: KeyChanges, ceiling: Ceiling): Work<void> {
  const { id, budgetUsd = null, spentUsd = 0 } = key;
  const limits = yield* adminLimitsOf(id);
  const isSpent = budgetUsd !== null && spentUsd >= budgetUsd;
  requireWithinCeiling(changes, ceiling, isSpent ? { budgetUsd, ...limits } : limits);
}

function toOwnedKey(row: Row, now: number): OwnedKey {
  return {
    key: toKey(row, now),
    owner: optionalText(row.owner),
    hash: Buffer.from(bytesIn(row.secret_hash)).toString('hex'),
    position: { at: Number(row.created_at), id: String(row.id) },
  };
}
