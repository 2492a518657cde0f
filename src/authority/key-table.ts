import type { Key } from '../lifecycle/key.ts';
import { statusOf } from '../lifecycle/key.ts';
import type { KeyChanges, KeySpec } from '../lifecycle/ports.ts';
import type { Connection, Row, Value } from './database.ts';
import type { MintedKey } from './key-format.ts';

const micros = 1_000_000;

/** US dollars to whole millionths, in which sums stay exact. */
export function toMicros(usd: number): number {
  return Math.round(usd * micros);
}

export function fromMicros(amount: number): number {
  return amount / micros;
}

/** The table `keys`: rows in, `Key` out. */
export class KeyTable {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  all(): Row[] {
    return this.#database.all('SELECT * FROM keys ORDER BY created_at DESC, id DESC');
  }

  row(id: string): Row | undefined {
    return this.#database.get('SELECT * FROM keys WHERE id = ?', id);
  }

  insert(minted: MintedKey, spec: KeySpec, now: number): void {
    this.#database.run(
      `INSERT INTO keys (id, name, description, prefix, secret_hash, created_at, expires_at,
                         permissions, rate_limit_rpm, budget_micros, models, labels)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      minted.id,
      spec.name,
      spec.description,
      minted.prefix,
      minted.hash,
      now,
      spec.expiresAt?.getTime() ?? null,
      JSON.stringify(spec.permissions),
      spec.rateLimitRpm,
      spec.budgetUsd === null ? null : toMicros(spec.budgetUsd),
      JSON.stringify(spec.models),
      JSON.stringify(spec.labels),
    );
  }

  update(id: string, changes: KeyChanges): void {
    for (const [column, value] of Object.entries(this.#columns(id, changes))) {
      this.#database.run(`UPDATE keys SET ${column} = ? WHERE id = ?`, value, id);
    }
  }

  /** False where the key was revoked before. */
  revoke(id: string, now: number): boolean {
    return (
      this.#database.run('UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', now, id) > 0
    );
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
      ...(labels && { labels: JSON.stringify(merged(parse(this.row(id)?.labels), labels)) }),
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

function merged(labels: Record<string, string>, changes: Record<string, string | null>) {
  return Object.fromEntries(Object.entries({ ...labels, ...changes }).filter(([, value]) => value !== null));
}
