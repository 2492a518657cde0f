import type { InferOutput } from 'valibot';
import type { OwnedKey } from '../../authority/scoped-keys.ts';
import type { Session } from '../../authority/sessions.ts';
import type { User } from '../../authority/users.ts';
import type { KeyChanges, KeySpec, LogEntry, LogQuery, UsageRow } from '../../keys/ports.ts';
import { invalid } from '../validation.ts';
import type * as shape from './shapes.ts';

/* Conversions between the authority's records and the shapes of the admin API. */

type WireKey = InferOutput<typeof shape.key>;

export function keyOut({ key, owner, hash }: OwnedKey): WireKey {
  return {
    id: key.id,
    name: key.name,
    description: key.description ?? null,
    status: key.status as WireKey['status'],
    prefix: key.prefix ?? '',
    hash,
    owner,
    created_at: key.createdAt ?? '',
    expires_at: key.expiresAt ?? null,
    last_used_at: key.lastUsedAt ?? null,
    last_used_ip: key.lastUsedIp ?? null,
    permissions: [...(key.permissions ?? [])],
    rate_limit_rpm: key.rateLimitRpm ?? null,
    budget_usd: key.budgetUsd ?? null,
    spent_usd: key.spentUsd ?? 0,
    models: [...(key.models ?? [])],
    labels: { ...key.labels },
    usage: { requests: key.usage?.requests ?? 0, tokens: key.usage?.tokens ?? 0 },
  };
}

export function specIn(body: InferOutput<typeof shape.newKey>, now: Date): KeySpec {
  return {
    name: body.name,
    description: body.description,
    expiresAt: expiryIn(body.expires_at, now),
    permissions: body.permissions,
    rateLimitRpm: body.rate_limit_rpm,
    budgetUsd: body.budget_usd,
    models: body.models,
    labels: body.labels,
  };
}

export function changesIn(body: InferOutput<typeof shape.keyChanges>, now: Date): KeyChanges {
  const { expires_at, rate_limit_rpm, budget_usd, ...same } = body;
  return {
    ...present(same),
    ...(expires_at !== undefined && { expiresAt: expiryIn(expires_at, now) }),
    ...(rate_limit_rpm !== undefined && { rateLimitRpm: rate_limit_rpm }),
    ...(budget_usd !== undefined && { budgetUsd: budget_usd }),
  };
}

/** Throws 400 for a time in the past. */
export function expiryIn(text: string | null, now: Date): Date | null {
  if (text === null) return null;
  const moment = new Date(text);
  if (moment.getTime() > now.getTime()) return moment;
  throw invalid('expires_at', 'expected a time in the future');
}

export function logQueryIn(query: Omit<InferOutput<typeof shape.logQuery>, 'limit' | 'cursor'>): LogQuery {
  const { key_id: keyId, since, until, status, method, path_prefix: pathPrefix } = query;
  return {
    ...present({ keyId, status, method, pathPrefix }),
    ...(since !== undefined && { since: new Date(since) }),
    ...(until !== undefined && { until: new Date(until) }),
  };
}

export function entryOut(entry: LogEntry): InferOutput<typeof shape.logEntry> {
  return {
    timestamp: entry.timestamp,
    method: entry.method,
    path: entry.path,
    status_code: entry.statusCode ?? 0,
    key_id: entry.keyId ?? '',
    ip: entry.ip ?? null,
    model: entry.model ?? null,
    requests: entry.requests ?? 0,
    tokens: entry.tokens ?? 0,
    cost_usd: entry.costUsd ?? 0,
  };
}

export function usageOut(row: UsageRow): object {
  const { keyId, name, date, requests, tokens, spentUsd = 0, refused } = row;
  return {
    ...present({ key_id: keyId, name, date }),
    requests,
    tokens,
    spent_usd: spentUsd,
    ...present({ refused }),
  };
}

export function sessionOut({
  id,
  user,
  role,
  status,
  createdAt,
  expiresAt,
}: Session): InferOutput<typeof shape.session> {
  return { id, user, role, status, created_at: createdAt, expires_at: expiresAt };
}

type Present<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** The fields that are not undefined. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

export function userOut({ name, role, ceiling }: User): InferOutput<typeof shape.user> {
  return {
    name,
    role,
    ceiling: {
      permissions: [...ceiling.permissions],
      budget_usd: ceiling.budgetUsd,
      rate_limit_rpm: ceiling.rateLimitRpm,
      models: [...ceiling.models],
      max_keys: ceiling.maxKeys,
    },
  };
}
