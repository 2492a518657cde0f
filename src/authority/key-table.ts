import { minPrefixLength } from '../keys/find.ts';
import type { Status } from '../keys/key.ts';
import { expiringWithin } from '../keys/key.ts';
import type { KeyChanges, KeySpec } from '../keys/ports.ts';
import { requireBounds } from './key-bounds.ts';
import type { MintedValue } from './key-format.ts';
import { parseLabels, toMicros } from './key-row.ts';
import { contains } from './store/contains.ts';
import type { Row, Value, Work } from './store/work.ts';
import { all, get, recordStatusChange, run } from './store/work.ts';

const notEnded = ':revoked_at IS NULL AND (:expires_at IS NULL OR :expires_at > :now)';

/** `statusOf` in SQL; `active` includes expiring keys. What few rows meet comes first: the rest is not looked at then. */
const statusConditions: Readonly<Record<Exclude<Status, 'unknown'>, string>> = {
  active: `${notEnded} AND :disabled = 0`,
  expiring: `:expires_at <= :now + ${expiringWithin} AND :disabled = 0 AND ${notEnded}`,
  expired: ':expires_at <= :now AND :revoked_at IS NULL',
  revoked: ':revoked_at IS NOT NULL',
  disabled: `:disabled = 1 AND ${notEnded}`,
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
  readonly #owner: string | null;

  constructor(owner: string | null = null) {
    this.#owner = owner;
  }

  *all({ status, revoked, search, after, limit }: KeyQuery = {}, now = 0): Work<Row[]> {
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
      const { sql, pattern } = contains(search, 'name', "COALESCE(description, '')", 'id');
      where(sql, pattern, pattern, pattern);
    }
    if (after) where('(created_at, id) < (?, ?)', after.at, after.id);
    const filter = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const [end, limits] = limit === undefined ? ['', []] : ['LIMIT ?', [limit]];
    const sql = `SELECT * FROM keys ${filter} ORDER BY created_at DESC, id DESC ${end}`;
    return yield* all(sql, ...values, ...limits);
  }

  /** The rows that references may name, as `findKey` reads them, and all rows of the same names, newest first. */
  *about(references: readonly string[]): Work<Row[]> {
    const names = new Set<string>();
    for (const reference of references) {
      for (const name of yield* this.#namesFor(reference)) names.add(name);
    }
    const rows: Row[] = [];
    for (const name of names) rows.push(...(yield* all('SELECT * FROM keys WHERE name = ?', name)));
    return rows.filter((row) => this.#visible(row)).sort(byPosition);
  }

  *row(id: string): Work<Row | undefined> {
    return this.#visible(yield* get('SELECT * FROM keys WHERE id = ?', id));
  }

  /** By the SHA-256 of the key's value. */
  *rowByHash(hash: Uint8Array): Work<Row | undefined> {
    return this.#visible(yield* get('SELECT * FROM keys WHERE secret_hash = ?', hash));
  }

  /** The owner's single key in an API that allows only one. */
  *single(owner: string | null): Work<Row | undefined> {
    const [is, values] = equals('owner', owner);
    return yield* get(`SELECT * FROM keys WHERE ${is} AND single = 1 AND revoked_at IS NULL`, ...values);
  }

  /** Whether an owner has more than `count` keys that are neither revoked nor expired. */
  *hasMoreActive(count: number, owner: string | null, now: number): Work<boolean> {
    const [is, values] = equals('owner', owner);
    const row = yield* get(
      `SELECT id FROM keys
       WHERE ${is} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) LIMIT 1 OFFSET ?`,
      ...values,
      now,
      count,
    );
    return row !== undefined;
  }

  *insert(
    mintedValue: MintedValue,
    spec: KeySpec,
    { owner, single = false }: Ownership,
    now: number,
  ): Work<void> {
    const createdAt = yield* this.#creationTime(spec.name, now);
    yield* run(
      `INSERT INTO keys (id, name, description, prefix, secret_hash, created_at, made_at, expires_at,
                         permissions, rate_limit_rpm, budget_micros, models, labels, owner, single)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      mintedValue.id,
      spec.name,
      spec.description,
      mintedValue.prefix,
      mintedValue.hash,
      createdAt,
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

  *setSuccessor(id: string, successor: string): Work<void> {
    yield* run('UPDATE keys SET replaced_by = ? WHERE id = ?', successor, id);
  }

  *setSpent(id: string, micros: number): Work<void> {
    yield* run('UPDATE keys SET spent_micros = ? WHERE id = ?', micros, id);
  }

  *update(id: string, changes: KeyChanges, now: number): Work<void> {
    const labels = changes.labels && (yield* this.#mergedLabels(id, changes.labels));
    for (const [column, value] of Object.entries(columnsOf(changes, labels))) {
      yield* run(`UPDATE keys SET ${column} = ? WHERE id = ?`, value, id);
    }
    const { disabled, expiresAt } = changes;
    if (disabled === undefined && expiresAt === undefined) return;
    yield* recordStatusChange({
      key: id,
      at: now,
      ...(disabled !== undefined && { disabled }),
      ...(expiresAt !== undefined && { expiresAt: expiresAt?.getTime() ?? null }),
    });
  }

  /** Returns false if the key was already revoked. */
  *revoke(id: string, now: number): Work<boolean> {
    const sql = 'UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL';
    const isNew = (yield* run(sql, now, id)) > 0;
    if (isNew) yield* recordStatusChange({ key: id, at: now, revoked: true });
    return isNew;
  }

  /**
   * The creation time of a new key of this name: later than that of every other one, since this order decides which key
   * is current, and a clock can be set back.
   */
  *#creationTime(name: string, now: number): Work<number> {
    const row = yield* get('SELECT MAX(created_at) AS latest FROM keys WHERE name = ?', name);
    return Math.max(now, Number(row?.latest ?? 0) + 1);
  }

  /** The names of the keys that a reference may name: of none but those with that id or name, if there are any. */
  *#namesFor(reference: string): Work<string[]> {
    const exact = yield* all('SELECT name FROM keys WHERE id = ?1 OR name = ?1', reference);
    const rows = exact.length > 0 ? exact : yield* this.#similar(reference);
    return rows.map(({ name }) => String(name));
  }

  /**
   * Keys whose id begins like this, one if it is too short to mean any, and the key whose shown prefix it is, which ends
   * with the id.
   */
  *#similar(reference: string): Work<Row[]> {
    const most = reference.length < minPrefixLength ? 'LIMIT 1' : '';
    return yield* all(
      `SELECT name FROM keys WHERE (id >= ? AND id < ?) OR id = ? ${most}`,
      reference,
      `${reference}\u{10ffff}`,
      reference.slice(reference.indexOf('_') + 1),
    );
  }

  #visible(row: Row | undefined): Row | undefined {
    return row && (this.#owner === null || row.owner === this.#owner) ? row : undefined;
  }

  /** Removes labels that are null and keeps the others. Throws `invalid_key` if the result is too large. */
  *#mergedLabels(id: string, changes: Readonly<Record<string, string | null>>): Work<Record<string, string>> {
    const oldLabels = parseLabels((yield* this.row(id))?.labels);
    const labels = Object.fromEntries(
      Object.entries({ ...oldLabels, ...changes }).filter(
        (entry): entry is [string, string] => entry[1] !== null,
      ),
    );
    // Labels that were too large before may become smaller.
    if (JSON.stringify(labels).length > JSON.stringify(oldLabels).length) requireBounds({ labels });
    return labels;
  }
}

/** The columns that changes set. `labels`: all that the key has from then on. */
function columnsOf(
  changes: Omit<KeyChanges, 'labels'>,
  labels: Readonly<Record<string, string>> | undefined,
): Record<string, Value> {
  const { name, description, expiresAt, permissions, rateLimitRpm, budgetUsd, models, disabled } = changes;
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(expiresAt !== undefined && { expires_at: expiresAt?.getTime() ?? null }),
    ...(permissions && { permissions: JSON.stringify(permissions) }),
    ...(rateLimitRpm !== undefined && { rate_limit_rpm: rateLimitRpm }),
    ...(budgetUsd !== undefined && { budget_micros: budgetUsd === null ? null : toMicros(budgetUsd) }),
    ...(models && { models: JSON.stringify(models) }),
    ...(labels && { labels: JSON.stringify(labels) }),
    ...(disabled !== undefined && { disabled: Number(disabled) }),
  };
}

/** A comparison that an index carries out, also with null. */
function equals(column: string, value: string | null): [sql: string, values: string[]] {
  return value === null ? [`${column} IS NULL`, []] : [`${column} = ?`, [value]];
}

/** Newest first. */
function byPosition(a: Row, b: Row): number {
  return Number(b.created_at) - Number(a.created_at) || (String(a.id) < String(b.id) ? 1 : -1);
}
