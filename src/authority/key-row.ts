import type { Key } from '../keys/key.ts';
import { statusOf } from '../keys/key.ts';
import type { Row, Value } from './store/work.ts';

const microsPerUsd = 1_000_000;

/** US dollars to whole millionths, which add up exactly. */
export function toMicros(usd: number): number {
  return Math.round(usd * microsPerUsd);
}

export function fromMicros(micros: number): number {
  return micros / microsPerUsd;
}

/** What `toKey` reads: neither hashes nor what the server alone needs. */
export const keyColumns = [
  'id, name, description, prefix, created_at, expires_at, disabled, revoked_at, permissions, rate_limit_rpm',
  'budget_micros, models, labels, last_used_at, last_used_ip, requests, tokens, spent_micros',
].join(', ');

/** A row of the table as a `Key`. */
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
    permissions: parseList(row.permissions),
    rateLimitRpm: optionalNumber(row.rate_limit_rpm),
    budgetUsd: row.budget_micros === null ? null : fromMicros(Number(row.budget_micros)),
    spentUsd: fromMicros(Number(row.spent_micros)),
    models: parseList(row.models),
    labels: parseLabels(row.labels),
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

function parseList(json: Value | undefined): string[] {
  return JSON.parse(String(json ?? '[]'));
}

export function parseLabels(json: Value | undefined): Record<string, string> {
  return JSON.parse(String(json ?? '{}'));
}
