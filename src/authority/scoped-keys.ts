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
import type { Connection, Row } from './sqlite/connection.ts';
import { bytesIn } from './sqlite/connection.ts';
import type { DatabaseFile } from './sqlite/database-file.ts';
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
  readonly #file: DatabaseFile;
  readonly #organisation: Organisation;
  readonly #now: () => number;

  constructor(file: DatabaseFile, organisation: Organisation, now: () => number, caller: Caller) {
    this.#file = file;
    this.#organisation = organisation;
    this.#now = now;
    this.caller = caller;
  }

  /** Newest first. */
  list(query: KeyQuery = {}): OwnedKey[] {
    const now = this.#now();
    return this.#keys(this.#file.reading)
      .all(query, now)
      .map((row) => toOwnedKey(row, now));
  }

  /** All keys of `list`, read in pages: rows of many keys at once would take a gigabyte. */
  *each(query: Omit<KeyQuery, 'limit' | 'after'> = {}): Generator<OwnedKey> {
    let after: OwnedKey['position'] | undefined;
    for (let isMore = true; isMore; ) {
      const page = this.list({ ...query, limit: pageSize, ...(after && { after }) });
      yield* page;
      after = page.at(-1)?.position;
      isMore = page.length === pageSize;
    }
  }

  /** By its id, by the SHA-256 of its value, or by the value itself. */
  find(reference: string): OwnedKey | undefined {
    const row = this.#findRow(reference);
    return row && toOwnedKey(row, this.#now());
  }

  /** As `find`. Throws `no_such_key`. */
  get(reference: string): OwnedKey {
    const foundKey = this.find(reference);
    if (!foundKey) throw noSuchKey(maskSecrets(reference));
    return foundKey;
  }

  /** The caller's single key in an API that allows only one. */
  single(): OwnedKey | undefined {
    const row = this.#keys(this.#file.reading).single(this.caller.user);
    return row && toOwnedKey(row, this.#now());
  }

  issue(spec: KeySpec, { single = false, idempotentRequest }: IssueOptions = {}): IssuedKey {
    const database = this.#file.writing;
    const ceiling = this.#ceiling(database);
    const allowedSpec = ceiling ? applyCeiling(spec, ceiling) : spec;
    const issuance = {
      owner: this.caller.user,
      single,
      organisation: this.#organisationUnder(ceiling),
      ...(idempotentRequest && { idempotentRequest }),
    };
    return issueKey(database, allowedSpec, issuance, this.#now());
  }

  /** `reference`: as in `find`, here and below. */
  rotate(reference: string, rotation: Rotation, idempotentRequest?: IdempotentRequest): IssuedKey {
    const { id } = this.get(reference).key;
    const rotator = {
      visibleTo: this.#visibleOwner,
      organisation: this.#organisationUnder(this.#ceiling(this.#file.reading)),
      ...(idempotentRequest && { idempotentRequest }),
    };
    return rotateKey(this.#file.writing, id, rotation, rotator, this.#now());
  }

  update(reference: string, changes: KeyChanges): OwnedKey {
    const database = this.#file.writing;
    database.transaction(() => {
      const { key, owner } = this.get(reference);
      if (key.status === 'revoked') throw keyRevoked(key);
      requireBounds({ ...changes, labels: {} });
      requireEntitled(changes.models ?? [], this.#organisation);
      const ceiling = this.#ceiling(database);
      if (ceiling) requireAllowed(database, key, changes, ceiling);
      else if (owner !== this.caller.user) recordAdminChanges(database, key.id, changes);
      this.#keys(database).update(key.id, changes, this.#now());
    });
    return this.get(reference);
  }

  /** Returns false if it was already revoked. */
  revoke(reference: string): boolean {
    const database = this.#file.writing;
    return database.transaction(() => {
      const { key } = this.get(reference);
      return this.#keys(database).revoke(key.id, this.#now());
    });
  }

  /** Newest first. */
  logs(query: LogQuery, scope: Omit<LogScope, 'owner'> = {}): Iterable<PositionedEntry> {
    return readLog(this.#file.reading, query, { ...scope, owner: this.#ownerIn(scope) });
  }

  logCount(query: LogQuery, scope: Omit<LogScope, 'owner'> = {}): number {
    return countLog(this.#file.reading, query, { ...scope, owner: this.#ownerIn(scope) });
  }

  usage(query: UsageQuery): UsageRow[] {
    return readUsage(this.#file.reading, query, this.#visibleOwner);
  }

  #findRow(reference: string): Row | undefined {
    const keys = this.#keys(this.#file.reading);
    if (/^[0-9a-f]{64}$/.test(reference)) return keys.rowByHash(Buffer.from(reference, 'hex'));
    if (idOf('sk', reference) !== undefined) return keys.rowByHash(hashOf(reference));
    return keys.row(reference);
  }

  /** Undefined for an admin, who has no ceiling. */
  #ceiling(database: Connection): Ceiling | undefined {
    return this.caller.role === 'admin' ? undefined : ceilingOf(database, this.caller.user);
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

  #keys(database: Connection): KeyTable {
    return new KeyTable(database, this.#visibleOwner);
  }
}

/** Only an admin can lift a spent budget: stopping the key is what it is for. */
function requireAllowed(database: Connection, key: Key, changes: KeyChanges, ceiling: Ceiling): void {
  const { id, budgetUsd = null, spentUsd = 0 } = key;
  const limits = adminLimitsOf(database, id);
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
