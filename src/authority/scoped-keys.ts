import { maskSecrets } from '../base/secret.ts';
import type { Key } from '../keys/key.ts';
import type { KeyChanges, KeySpec, LogQuery, UsageQuery, UsageRow } from '../keys/ports.ts';
import type { Ceiling, Held } from './ceiling.ts';
import { heldOn, holdChanges, requireUnder, underCeiling } from './ceiling.ts';
import type { Row } from './database/connection.ts';
import type { DatabaseFile } from './database/database-file.ts';
import type { Organisation } from './decision.ts';
import { keyRevoked, noSuchKey } from './errors.ts';
import type { IdempotentRequest } from './idempotency.ts';
import type { Issued, Rotation } from './issue.ts';
import { checkModels, issueKey, rotateKey } from './issue.ts';
import { requireBounds } from './key-bounds.ts';
import { hashOf, idOf } from './key-format.ts';
import type { KeyQuery } from './key-table.ts';
import { KeyTable, optionalText, toKey } from './key-table.ts';
import { readUsage } from './metering.ts';
import type { Caller } from './sessions.ts';
import type { LogScope, PositionedEntry } from './use-log.ts';
import { countLog, readLog } from './use-log.ts';
import { ceilingOf } from './users.ts';

/** A key, and what its authority knows of it besides. */
export interface OwnedKey {
  key: Key;
  /** The user whose it is; null: it was made on the machine itself. */
  owner: string | null;
  /** Hexadecimal SHA-256 of the key's value. */
  hash: string;
  /** Where it stands in the list. */
  place: { at: number; id: string };
}

export interface IssueOptions {
  /** The one key that its owner can have in an API that knows only one. */
  single?: boolean;
  idempotentRequest?: IdempotentRequest;
}

/**
 * The keys as one caller sees them: a user those that are its own, an admin all. New ones are the caller's. Every method
 * throws `KeysError`; a key of somebody else is one that does not exist.
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
      .map((row) => owned(row, now));
  }

  /** By its id, by the SHA-256 of its value, or by the value itself. */
  find(reference: string): OwnedKey | undefined {
    const keys = this.#keys(this.#file.reading);
    if (/^[0-9a-f]{64}$/.test(reference)) return this.#owned(keys.rowByHash(Buffer.from(reference, 'hex')));
    if (idOf('sk', reference) !== undefined) return this.#owned(keys.rowByHash(hashOf(reference)));
    return this.#owned(keys.row(reference));
  }

  /** As `find`. Throws `no_such_key`. */
  get(reference: string): OwnedKey {
    const found = this.find(reference);
    if (!found) throw noSuchKey(maskSecrets(reference));
    return found;
  }

  /** The caller's one key in an API that knows only one. */
  single(): OwnedKey | undefined {
    return this.#owned(this.#keys(this.#file.reading).single(this.caller.user));
  }

  issue(spec: KeySpec, { single = false, idempotentRequest }: IssueOptions = {}): Issued {
    const database = this.#file.writing;
    const ceiling = this.#ceiling(database);
    const how = { owner: this.caller.user, single, organisation: this.#organisationUnder(ceiling) };
    const allowed = ceiling ? underCeiling(spec, ceiling) : spec;
    return issueKey(
      database,
      allowed,
      { ...how, ...(idempotentRequest && { idempotentRequest }) },
      this.#now(),
    );
  }

  /** The key is named as in `find`, here and below. */
  rotate(reference: string, rotation: Rotation, idempotentRequest?: IdempotentRequest): Issued {
    const { id } = this.get(reference).key;
    const how = {
      owner: this.caller.user,
      visibleTo: this.#visible,
      organisation: this.#organisationUnder(this.#ceiling(this.#file.reading)),
      ...(idempotentRequest && { idempotentRequest }),
    };
    return rotateKey(this.#file.writing, id, rotation, how, this.#now());
  }

  update(reference: string, changes: KeyChanges): OwnedKey {
    const database = this.#file.writing;
    database.transaction(() => {
      const { key, owner } = this.get(reference);
      if (key.status === 'revoked') throw keyRevoked(key);
      requireBounds({ ...changes, labels: {} });
      checkModels(changes.models ?? [], this.#organisation);
      const ceiling = this.#ceiling(database);
      if (ceiling) this.#requireAllowed(key, changes, ceiling, heldOn(database, key.id));
      else if (owner !== this.caller.user) holdChanges(database, key.id, changes);
      this.#keys(database).update(key.id, changes, this.#now());
    });
    return this.get(reference);
  }

  /** False: it was revoked before. */
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
    return readUsage(this.#file.reading, query, this.#visible);
  }

  /** Undefined for an admin, who has none. */
  #ceiling(database: DatabaseFile['reading']): Ceiling | undefined {
    return this.caller.role === 'admin' ? undefined : ceilingOf(database, this.caller.user);
  }

  #organisationUnder(ceiling: Ceiling | undefined): Organisation {
    const most = ceiling?.maxKeys ?? undefined;
    if (most === undefined) return this.#organisation;
    return { ...this.#organisation, maxKeys: Math.min(most, this.#organisation.maxKeys ?? most) };
  }

  /** A budget that is spent has done what it is for: lifting it is for an admin, too. */
  #requireAllowed(
    { budgetUsd = null, spentUsd = 0 }: Key,
    changes: KeyChanges,
    ceiling: Ceiling,
    held: Held,
  ): void {
    const isSpent = budgetUsd !== null && spentUsd >= budgetUsd;
    requireUnder(changes, ceiling, isSpent ? { budgetUsd, ...held } : held);
  }

  /** Whose keys it sees; null: everybody's. A reporter, too, may name any key. */
  get #visible(): string | null {
    return this.caller.role === 'user' ? this.caller.user : null;
  }

  /** An API that knows one key only knows that of the caller, whoever it is. */
  #ownerIn({ single = false }: LogScope): string | null {
    return single ? this.caller.user : this.#visible;
  }

  #keys(database: DatabaseFile['reading']): KeyTable {
    return new KeyTable(database, this.#visible);
  }

  #owned(row: Row | undefined): OwnedKey | undefined {
    return row && owned(row, this.#now());
  }
}

function owned(row: Row, now: number): OwnedKey {
  return {
    key: toKey(row, now),
    owner: optionalText(row.owner),
    hash: Buffer.from(row.secret_hash as Uint8Array).toString('hex'),
    place: { at: Number(row.created_at), id: String(row.id) },
  };
}
