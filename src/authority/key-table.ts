import { minPrefixLength } from '../keys/find.ts';
import type { Status } from '../keys/key.ts';
import { expiringWithin } from '../keys/key.ts';
import type { KeyChanges, KeySpec } from '../keys/ports.ts';
import { requireBounds } from './key-bounds.ts';
import type { MintedValue } from './key-format.ts';
import { parseLabels, toMicros } from './key-row.ts';
import type { Connection, Row, Value } from './sqlite/connection.ts';

const notEnded = ':revoked_at IS NULL AND (:expires_at IS NULL OR :expires_at > :now)';

/** `statusOf` in SQL; `active` includes expiring keys. */
const statusConditions: Readonly<Record<Exclude<Status, 'unknown'>, string>> = {
  active: `${notEnded} AND :disabled = 0`,
  expiring: `${notEnded} AND :disabled = 0 AND :expires_at <= :now + ${expiringWithin}`,
  expired: ':revoked_at IS NULL AND :expires_at <= :now',
  revoked: ':revoked_at IS NOT NULL',
  disabled: `${notEnded} AND :disabled = 1`,
};

/** Whether a row has a status at a moment, in SQL. `of`: before the names of its columns. */
export function statusCondition(status: Exclude<Status, 'unknown'>, now: number, of = ''): string {
  return statusConditions[status].replaceAll(':now', String(now)).replaceAll(':', of);
}

/** Which keys to list, newest first. */
export interface KeyQuery {
  status?: Exclude<Status, 'unknown'>;
  /** false: without the revoked ones. */
  revoked?: false;
  /** Part of the name, the description or the id; ASCII letters match in either case. */
  search?: string;
  /** Keys after the one created at this time with this id. */
  after?: { at: number; id: string };
  limit?: number;
}

/** Who owns a new key, and whether it is the owner's single key in an API that allows only one. */
export interface Ownership {
  owner: string | null;
  single?: boolean;
}

/** The table `keys`. With an owner: only the rows of that user. */
export class KeyTable {
  readonly #database: Connection;
  readonly #owner: string | null;

  constructor(database: Connection, owner: string | null = null) {
    this.#database = database;
    this.#owner = owner;
  }

  all({ status, revoked, search, after, limit }: KeyQuery = {}, now = 0): Row[] {
    const conditions: string[] = [];
    const values: Value[] = [];
    const where = (condition: string, ...operands: Value[]) => {
      conditions.push(condition);
      values.push(...operands);
    };
    if (this.#owner !== null) where('owner = ?', this.#owner);
    if (status) where(statusCondition(status, now));
    if (revoked === false) where('revoked_at IS NULL');
    if (search) {
      where(
        "instr(lower(name || char(0) || COALESCE(description, '') || char(0) || id), lower(?)) > 0",
        search,
      );
    }
    if (after) where('(created_at, id) < (?, ?)', after.at, after.id);
    const filter = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    return this.#database.all(
      `SELECT * FROM keys ${filter} ORDER BY created_at DESC, id DESC LIMIT ?`,
      ...values,
      limit ?? -1,
    );
  }

  /** The rows that references may name, as `findKey` reads them, and all rows of the same names, newest first. */
  about(references: readonly string[]): Row[] {
    const names = new Set(references.flatMap((reference) => this.#namesFor(reference)));
    return [...names]
      .flatMap((name) => this.#database.all('SELECT * FROM keys WHERE name = ?', name))
      .filter((row) => this.#visible(row))
      .sort(byPosition);
  }

  row(id: string): Row | undefined {
    return this.#visible(this.#database.get('SELECT * FROM keys WHERE id = ?', id));
  }

  /** By the SHA-256 of the key's value. */
  rowByHash(hash: Uint8Array): Row | undefined {
    return this.#visible(this.#database.get('SELECT * FROM keys WHERE secret_hash = ?', hash));
  }

  /** The owner's single key in an API that allows only one. */
  single(owner: string | null): Row | undefined {
    return this.#database.get(
      'SELECT * FROM keys WHERE owner IS ? AND single = 1 AND revoked_at IS NULL',
      owner,
    );
  }

  /** Whether an owner has more than `count` keys that are neither revoked nor expired. */
  hasMoreActive(count: number, owner: string | null, now: number): boolean {
    const row = this.#database.get(
      `SELECT 1 FROM keys
       WHERE owner IS ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) LIMIT 1 OFFSET ?`,
      owner,
      now,
      count,
    );
    return row !== undefined;
  }

  insert(mintedValue: MintedValue, spec: KeySpec, { owner, single = false }: Ownership, now: number): void {
    this.#database.run(
      `INSERT INTO keys (id, name, description, prefix, secret_hash, created_at, made_at, expires_at,
                         permissions, rate_limit_rpm, budget_micros, models, labels, owner, single)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      mintedValue.id,
      spec.name,
      spec.description,
      mintedValue.prefix,
      mintedValue.hash,
      this.#creationTime(spec.name, now),
      now,
      spec.expiresAt?.getTime() ?? null,
      JSON.stringify(spec.permissions),
      spec.rateLimitRpm,
      spec.budgetUsd === null ? null : toMicros(spec.budgetUsd),
      JSON.stringify(spec.models),
      JSON.stringify(spec.labels),
      owner,
      Number(single),
    );
  }

  setSuccessor(id: string, successor: string): void {
    this.#database.run('UPDATE keys SET replaced_by = ? WHERE id = ?', successor, id);
  }

  setSpent(id: string, micros: number): void {
    this.#database.run('UPDATE keys SET spent_micros = ? WHERE id = ?', micros, id);
  }

  update(id: string, changes: KeyChanges, now: number): void {
    for (const [column, value] of Object.entries(this.#columns(id, changes))) {
      this.#database.run(`UPDATE keys SET ${column} = ? WHERE id = ?`, value, id);
    }
    const { disabled, expiresAt } = changes;
    if (disabled === undefined && expiresAt === undefined) return;
    this.#database.recordStatusChange({
      key: id,
      at: now,
      ...(disabled !== undefined && { disabled }),
      ...(expiresAt !== undefined && { expiresAt: expiresAt?.getTime() ?? null }),
    });
  }

  /** Returns false if the key was already revoked. */
  revoke(id: string, now: number): boolean {
    const sql = 'UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL';
    const isNew = this.#database.run(sql, now, id) > 0;
    if (isNew) this.#database.recordStatusChange({ key: id, at: now, revoked: true });
    return isNew;
  }

  /**
   * The creation time of a new key of this name: later than that of every other one, since this order decides which key
   * is current, and a clock can be set back.
   */
  #creationTime(name: string, now: number): number {
    const row = this.#database.get('SELECT MAX(created_at) AS latest FROM keys WHERE name = ?', name);
    return Math.max(now, Number(row?.latest ?? 0) + 1);
  }

  /** The names of the keys that a reference may name: of none but those with that id or name, if there are any. */
  #namesFor(reference: string): string[] {
    const exact = this.#database.all('SELECT name FROM keys WHERE id = ?1 OR name = ?1', reference);
    const rows = exact.length > 0 ? exact : this.#similar(reference);
    return rows.map(({ name }) => String(name));
  }

  /**
   * Keys whose id begins like this, one if it is too short to mean any, and the key whose shown prefix it is, which ends
   * with the id.
   */
  #similar(reference: string): Row[] {
    return this.#database.all(
      'SELECT name FROM keys WHERE (id >= ? AND id < ?) OR id = ? LIMIT ?',
      reference,
      `${reference}\u{10ffff}`,
      reference.slice(reference.indexOf('_') + 1),
      reference.length < minPrefixLength ? 1 : -1,
    );
  }

  #visible(row: Row | undefined): Row | undefined {
    return row && (this.#owner === null || row.owner === this.#owner) ? row : undefined;
  }

  /** Removes labels that are null and keeps the others. Throws `invalid_key` if the result is too large. */
  #mergedLabels(id: string, changes: Readonly<Record<string, string | null>>): Record<string, string> {
    const oldLabels = parseLabels(this.row(id)?.labels);
    const labels = Object.fromEntries(
      Object.entries({ ...oldLabels, ...changes }).filter(
        (entry): entry is [string, string] => entry[1] !== null,
      ),
    );
    // Labels that were too large before may become smaller.
    if (JSON.stringify(labels).length > JSON.stringify(oldLabels).length) requireBounds({ labels });
    return labels;
  }

  #columns(id: string, changes: KeyChanges): Record<string, Value> {
    const { name, description, expiresAt, permissions, rateLimitRpm, budgetUsd, models, labels, disabled } =
      changes;
    return {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      ...(expiresAt !== undefined && { expires_at: expiresAt?.getTime() ?? null }),
      ...(permissions && { permissions: JSON.stringify(permissions) }),
      ...(rateLimitRpm !== undefined && { rate_limit_rpm: rateLimitRpm }),
      ...(budgetUsd !== undefined && { budget_micros: budgetUsd === null ? null : toMicros(budgetUsd) }),
      ...(models && { models: JSON.stringify(models) }),
      ...(labels && { labels: JSON.stringify(this.#mergedLabels(id, labels)) }),
      ...(disabled !== undefined && { disabled: Number(disabled) }),
    };
  }
}

/** Newest first. */
function byPosition(a: Row, b: Row): number {
  return Number(b.created_at) - Number(a.created_at) || (String(a.id) < String(b.id) ? 1 : -1);
}
