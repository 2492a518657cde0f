import type { Connection, Row } from './database.ts';
import { idOf, matches } from './key-format.ts';
import { fromMicros, KeyTable, toMicros, toTime } from './key-table.ts';

/** What a caller wants to do with a key. */
export interface AccessRequest {
  /** The whole key as it was sent; undefined where none was. */
  key: string | undefined;
  /** The model it wants to call. */
  model?: string;
  /** The permission that the request needs. */
  permission?: string;
}

/** What the organisation that runs the authority grants to all of its keys together. */
export interface Organisation {
  /** Models it is entitled to; absent: every model. */
  models?: readonly string[];
  /** What all keys together may spend in a calendar month (UTC). */
  monthlyBudgetUsd?: number;
}

export type Decision =
  | { allowed: true; keyId: string; rateLimit?: { limit: number; remaining: number } }
  | Refusal;

export interface Refusal {
  allowed: false;
  /** HTTP status. */
  status: 401 | 402 | 403 | 429;
  code: string;
  message: string;
  details: Record<string, string | number>;
  /** Absent where no key of ours was named. */
  keyId?: string;
  /** Whole seconds until the same request can succeed; with 429. */
  retryAfterSeconds?: number;
}

/** The span over which a rate limit counts, in milliseconds. */
const windowLength = 60_000;

/**
 * Decides whether a key may be used now, and takes a place under its rate limit if so. The first rule that refuses
 * wins: unknown, revoked or disabled 401; expired 401 (no grace); the organisation's models 403; the key's models 403;
 * permission 403; the key's budget and the organisation's 402; rate limit 429. Exact under concurrency: the places are
 * counted and taken in one transaction, across all processes on the database.
 */
export function authorize(
  database: Connection,
  request: AccessRequest,
  organisation: Organisation,
  now: number,
): Decision {
  const { row, refusal } = examine(database, request, organisation, now);
  return refusal ?? admit(database, row, now);
}

/** Why a key may not be used now, rate limits aside; undefined where it may. Changes nothing. */
export function refusalOf(
  database: Connection,
  request: AccessRequest,
  organisation: Organisation,
  now: number,
): Refusal | undefined {
  return examine(database, request, organisation, now).refusal;
}

type Examined = { row: Row; refusal?: never } | { row?: never; refusal: Refusal };

function examine(
  database: Connection,
  request: AccessRequest,
  organisation: Organisation,
  now: number,
): Examined {
  const identified = identify(database, request.key);
  if (!identified.row) return identified;
  const { row } = identified;
  const refusal =
    checkStanding(row, now) ??
    checkModels(row, request.model, organisation) ??
    checkPermission(row, request.permission) ??
    checkBudgets(database, row, organisation, now);
  return refusal ? { refusal } : { row };
}

function identify(database: Connection, key: string | undefined): Examined {
  if (!key) {
    return { refusal: refuse(401, 'MISSING_API_KEY', 'API key is required', { header: 'Authorization' }) };
  }
  const id = idOf(key);
  const row = id === undefined ? undefined : new KeyTable(database).row(id);
  if (row?.secret_hash instanceof Uint8Array && matches(key, row.secret_hash)) return { row };
  return { refusal: refuse(401, 'INVALID_API_KEY', 'The provided API key is invalid', {}) };
}

function checkStanding(row: Row, now: number): Refusal | undefined {
  const keyId = String(row.id);
  if (row.revoked_at !== null) {
    return refuse(401, 'INVALID_API_KEY', 'The API key was revoked', { key_id: keyId }, keyId);
  }
  if (row.disabled === 1) {
    return refuse(401, 'DISABLED_API_KEY', 'The API key is disabled', { key_id: keyId }, keyId);
  }
  if (row.expires_at !== null && Number(row.expires_at) <= now) {
    const expired_at = toTime(Number(row.expires_at));
    return refuse(401, 'EXPIRED_API_KEY', 'The API key has expired', { key_id: keyId, expired_at }, keyId);
  }
  return undefined;
}

function checkModels(row: Row, model: string | undefined, organisation: Organisation): Refusal | undefined {
  if (model === undefined) return undefined;
  if (organisation.models && !organisation.models.includes(model)) {
    return refuseModel(row, 'MODEL_NOT_ENTITLED', 'The organisation is not entitled to this model', model);
  }
  const allowed = JSON.parse(String(row.models)) as string[];
  if (allowed.length > 0 && !allowed.includes(model)) {
    return refuseModel(row, 'MODEL_NOT_ALLOWED', 'The API key may not call this model', model);
  }
  return undefined;
}

function refuseModel(row: Row, code: string, message: string, model: string): Refusal {
  return refuse(403, code, message, { key_id: String(row.id), model }, String(row.id));
}

function checkPermission(row: Row, permission: string | undefined): Refusal | undefined {
  const granted = JSON.parse(String(row.permissions)) as string[];
  if (permission === undefined || granted.includes(permission) || granted.includes('admin')) return undefined;
  const keyId = String(row.id);
  return refuse(
    403,
    'PERMISSION_DENIED',
    'The API key lacks a permission',
    { key_id: keyId, permission },
    keyId,
  );
}

function checkBudgets(
  database: Connection,
  row: Row,
  organisation: Organisation,
  now: number,
): Refusal | undefined {
  const keyId = String(row.id);
  if (row.budget_micros !== null && Number(row.spent_micros) >= Number(row.budget_micros)) {
    const details = { key_id: keyId, budget_usd: fromMicros(Number(row.budget_micros)) };
    return refuse(402, 'BUDGET_EXCEEDED', 'The budget of the API key is spent', details, keyId);
  }
  const { monthlyBudgetUsd } = organisation;
  if (monthlyBudgetUsd !== undefined && spentThisMonth(database, now) >= toMicros(monthlyBudgetUsd)) {
    const details = { key_id: keyId, budget_usd: monthlyBudgetUsd };
    return refuse(
      402,
      'ORGANISATION_BUDGET_EXCEEDED',
      'The monthly budget of the organisation is spent',
      details,
      keyId,
    );
  }
  return undefined;
}

function spentThisMonth(database: Connection, now: number): number {
  const month = toTime(now).slice(0, 7);
  const row = database.get(
    'SELECT COALESCE(SUM(spent_micros), 0) AS spent FROM usage_days WHERE day BETWEEN ? AND ?',
    `${month}-01`,
    `${month}-31`,
  );
  return Number(row?.spent ?? 0);
}

/** Takes one of the places that the sliding window of the last minute has left. */
function admit(database: Connection, row: Row, now: number): Decision {
  const keyId = String(row.id);
  if (row.rate_limit_rpm === null) return { allowed: true, keyId };
  const limit = Number(row.rate_limit_rpm);
  return database.transaction(() => {
    database.run('DELETE FROM admissions WHERE key_id = ? AND at <= ?', keyId, now - windowLength);
    const counted = database.get('SELECT COUNT(*) AS taken FROM admissions WHERE key_id = ?', keyId);
    const taken = Number(counted?.taken ?? 0);
    if (taken >= limit) {
      // More than one has to leave first where the limit was lowered meanwhile.
      const leaving = database.get(
        'SELECT at FROM admissions WHERE key_id = ? ORDER BY at LIMIT 1 OFFSET ?',
        keyId,
        taken - limit,
      );
      const free = Number(leaving?.at) + windowLength;
      const retryAfterSeconds = Math.max(1, Math.ceil((free - now) / 1000));
      const details = { key_id: keyId, limit_rpm: limit };
      return {
        ...refuse(429, 'RATE_LIMITED', 'The rate limit of the API key is reached', details, keyId),
        retryAfterSeconds,
      };
    }
    database.run('INSERT INTO admissions (key_id, at) VALUES (?, ?)', keyId, now);
    return { allowed: true, keyId, rateLimit: { limit, remaining: limit - taken - 1 } };
  });
}

function refuse(
  status: Refusal['status'],
  code: string,
  message: string,
  details: Refusal['details'],
  keyId?: string,
): Refusal {
  return { allowed: false, status, code, message, details, ...(keyId !== undefined && { keyId }) };
}
