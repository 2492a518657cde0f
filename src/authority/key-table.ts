import type { Key, Status } from '../keys/key.ts';
import { expiringWithin, statusOf } from '../keys/key.ts';
import type { KeyChanges, KeySpec } from '../keys/ports.ts';
import type { Connection, Row, Value } from './database/connection.ts';
import { requireBounds } from './key-bounds.ts';
import type { Minted } from './key-format.ts';

const micros = 1_000_000;

/** US dollars to whole millionths, in which sums stay exact. */
export function toMicros(usd: number): number {
  return Math.round(usd * micros);
}

export function fromMicros(amount: number): number {
  return amount / micros;
}

const unended = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)';

/** As `statusOf`, in SQL; `active` has the expiring ones among it. */
const standings: Readonly<Record<Exclude<Status, 'unknown'>, string>> = {
  active: `${unended} AND disabled = 0`,
  expiring: `${unended} AND disabled = 0 AND expires_at <= :now + ${expiringWithin}`,
  expired: 'revoked_at IS NULL AND expires_at <= :now',
  revoked: 'revoked_at IS NOT NULL',
  disabled: `${unended} AND disabled = 1`,
};

/** Which keys are wanted of a list, newest first. */
export interface KeyQuery {
  status?: Exclude<Status, 'unknown'>;
  /** A part of the name, of the description or of the id; letters of ASCII in either case. */
  search?: string;
  /** Those after the key that was made at this moment and has this id. */
  after?: { at: number; id: string };
  limit?: number;
}

/** Whose a new key is, and whether it is the one key that its owner can have in an API that knows only one. */
export interface Ownership {
  owner: string | null;
  single?: boolean;
}

/** The table `keys`: rows in, `Key` out. With an owner: the rows of that user only. */
export class KeyTable {
  readonly #database: Connection;
  readonly #owner: string | null;

  constructor(database: Connection, owner: string | null = null) {
    this.#database = database;
    this.#owner = owner;
  }

  all({ status, search, after, limit }: KeyQuery = {}, now = 0): Row[] {
    const conditions: string[] = [];
    const values: Value[] = [];
    const where = (condition: string, ...operands: Value[]) => {
      conditions.push(condition);
      values.push(...operands);
    };
    if (this.#owner !== null) where('owner = ?', this.#owner);
    if (status) where(standings[status].replaceAll(':now', String(now)));
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

  row(id: string): Row | undefined {
    return this.#visible(this.#database.get('SELECT * FROM keys WHERE id = ?', id));
  }

  /** By the SHA-256 of the key's value. */
  rowByHash(hash: Uint8Array): Row | undefined {
    return this.#visible(this.#database.get('SELECT * FROM keys WHERE secret_hash = ?', hash));
  }

  /** The one key of its owner in an API that knows only one. */
  single(owner: string | null): Row | undefined {
    return this.#database.get(
      'SELECT * FROM keys WHERE owner IS ? AND single = 1 AND revoked_at IS NULL',
      owner,
    );
  }

  /** How many keys of an owner are neither revoked nor expired. */
  live(owner: string | null, now: number): number {
    const row = this.#database.get(
      `SELECT COUNT(*) AS live FROM keys
       WHERE owner IS ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)`,
      owner,
      now,
    );
    return Number(row?.live ?? 0);
  }

  insert(minted: Minted, spec: KeySpec, { owner, single = false }: Ownership, now: number): void {
    this.#database.run(
      `INSERT INTO keys (id, name, description, prefix, secret_hash, created_at, made_at, expires_at,
                         permissions, rate_limit_rpm, budget_micros, models, labels, owner, single)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      minted.id,
      spec.name,
      spec.description,
      minted.prefix,
      minted.hash,
      this.#creationOf(spec.name, now),
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

  replace(id: string, by: string): void {
    this.#database.run('UPDATE keys SET replaced_by = ? WHERE id = ?', by, id);
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

  /** False where the key was revoked before. */
  revoke(id: string, now: number): boolean {
    const sql = 'UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL';
    const isNew = this.#database.run(sql, now, id) > 0;
    if (isNew) this.#database.recordStatusChange({ key: id, at: now, revoked: true });
    return isNew;
  }

  /**
   * When a new key of this name is said to be made: after every other one of the name, for that order tells which is the
   * current one, and a clock can be set back.
   */
  #creationOf(name: string, now: number): number {
    const row = this.#database.get('SELECT MAX(created_at) AS latest FROM keys WHERE name = ?', name);
    return Math.max(now, Number(row?.latest ?? 0) + 1);
  }

  #visible(row: Row | undefined): Row | undefined {
    return row && (this.#owner === null || row.owner === this.#owner) ? row : undefined;
  }

  /** A label that is null is removed, the others stay. Throws `invalid_key` for what the key would then have. */
  #merged(id: string, changes: Readonly<Record<string, string | null>>): Record<string, string> {
    const had = parse(this.row(id)?.labels);
    const labels = Object.fromEntries(
      Object.entries({ ...had, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
    );
    // What is too large from before may become smaller.
    if (JSON.stringify(labels).length > JSON.stringify(had).length) requireBounds({ labels });
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
      ...(labels && { labels: JSON.stringify(this.#merged(id, labels)) }),
      ...(disabled !== undefined && { disabled: Number(disabled) }),
    };
  }
}

/** A row of the table as the rest of the program knows it. */
export function toKey(row: Row, now: number): Key {
  const expiresAt = optionalNumber(row.expires_at);
  return {
    id: String(row.id),
    name: String(row.name),
    description: optionalText(row.description),
    status: statusOf({ revoked: row.revoked_at !== null, disabled: row.disabled === 1, expiresAt }, now),
    prefix: String(row.prefix),
    createdAt: toTime(Number(row.created_at)),
    expiresAt: expiresAt === null ? null : toTime(expiresAt),
    lastUsedAt: row.last_used_at === null ? null : toTime(Number(row.last_used_at)),
    lastUsedIp: optionalText(row.last_used_ip),
    permissions: parse<string[]>(row.permissions),
    rateLimitRpm: optionalNumber(row.rate_limit_rpm),
    budgetUsd: row.budget_micros === null ? null : fromMicros(Number(row.budget_micros)),
    spentUsd: fromMicros(Number(row.spent_micros)),
    models: parse<string[]>(row.models),
    labels: parse<Record<string, string>>(row.labels),
    usage: { requests: Number(row.requests), tokens: Number(row.tokens) },
  };
}

export function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function optionalText(value: Value | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function optionalNumber(value: Value | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function parse<T = Record<string, string>>(json: Value | undefined): T {
  return JSON.parse(String(json ?? '{}')) as T;
}
