import type { AccessRequest, Admission, Decision, Organisation, RateLimit, Refusal } from './decision.ts';
import type { KeyLookup, KnownKey } from './key-lookup.ts';
import { fromMicros, toMicros, toTime } from './key-row.ts';
import { clipped } from './store/stored-text.ts';

/** Characters of a caller's text that a refusal repeats. */
const maxEchoLength = 200;

/**
 * Decides whether a key may be used now, apart from its rate limit. The first rule that refuses wins: unknown, revoked or
 * disabled 401; expired 401 (no grace period); the organisation's models 403; the key's models 403; permission 403; the
 * key's budget and the organisation's 402. Changes nothing.
 */
export function decide(
  lookup: KeyLookup,
  request: AccessRequest,
  organisation: Organisation,
  now: number,
): Decision {
  if (!request.key) return refuse(401, 'MISSING_API_KEY', 'API key is required', { header: 'Authorization' });
  const key = lookup.find(request.key);
  if (!key) return refuse(401, 'INVALID_API_KEY', 'The provided API key is invalid', {});
  return (
    checkStatus(key, now) ??
    checkModels(key, request, organisation) ??
    checkPermission(key, request.permission) ??
    checkBudgets(key, lookup, organisation, now) ??
    admission(key, organisation)
  );
}

/** The last rule: 429 if the key has no slot left in this minute. */
export function underLimit(admission: Admission, isGranted: boolean, rateLimit: RateLimit): Decision {
  if (isGranted) return { ...admission, rateLimit };
  const { keyId } = admission;
  const details = { key_id: keyId, limit_rpm: rateLimit.limit };
  const refusal = refuse(429, 'RATE_LIMITED', 'The rate limit of the API key is reached', details, keyId);
  return { ...refusal, rateLimit };
}

function admission(key: KnownKey, { models: entitledModels }: Organisation): Admission {
  const { id, name, models: chosenModels, rateLimit, budget, spent } = key;
  const models =
    chosenModels.length > 0
      ? chosenModels.filter((model) => entitledModels?.includes(model) ?? true)
      : entitledModels;
  const budgetLeftUsd = budget === null ? null : fromMicros(budget - spent);
  return {
    allowed: true,
    keyId: id,
    keyName: name,
    models: models ?? null,
    limit: rateLimit,
    budgetLeftUsd,
  };
}

function checkStatus({ id, revoked, disabled, expiresAt }: KnownKey, now: number): Refusal | undefined {
  if (revoked) return refuse(401, 'INVALID_API_KEY', 'The API key was revoked', { key_id: id }, id);
  if (disabled) return refuse(401, 'DISABLED_API_KEY', 'The API key is disabled', { key_id: id }, id);
  if (expiresAt === null || expiresAt > now) return undefined;
  const details = { key_id: id, expired_at: toTime(expiresAt) };
  return refuse(401, 'EXPIRED_API_KEY', 'The API key has expired', details, id);
}

function checkModels(
  { id, models: allowedModels }: KnownKey,
  { model, models }: AccessRequest,
  { models: entitledModels }: Organisation,
): Refusal | undefined {
  if (models === 'any' && entitledModels?.length === 0) {
    return refuseModel(id, 'NO_MODELS', 'The organisation is entitled to no models');
  }
  if (model === undefined) {
    if (models !== 'unnamed' || (!entitledModels && allowedModels.length === 0)) return undefined;
    return refuseModel(id, 'MODEL_REQUIRED', 'The request must name a model that the API key may call');
  }
  if (entitledModels && !entitledModels.includes(model)) {
    return refuseModel(id, 'MODEL_NOT_ENTITLED', 'The organisation is not entitled to this model', model);
  }
  if (allowedModels.length > 0 && !allowedModels.includes(model)) {
    return refuseModel(id, 'MODEL_NOT_ALLOWED', 'The API key may not call this model', model);
  }
  return undefined;
}

function refuseModel(keyId: string, code: string, message: string, model?: string): Refusal {
  const modelField = model !== undefined && { model: clipped(model, maxEchoLength) };
  return refuse(403, code, message, { key_id: keyId, ...modelField }, keyId);
}

function checkPermission({ id, permissions }: KnownKey, permission: string | undefined): Refusal | undefined {
  if (permission === undefined || permissions.includes(permission) || permissions.includes('admin'))
    return undefined;
  const details = { key_id: id, permission: clipped(permission, maxEchoLength) };
  return refuse(403, 'PERMISSION_DENIED', 'The API key lacks a permission', details, id);
}

function checkBudgets(
  { id, budget, spent }: KnownKey,
  lookup: KeyLookup,
  { monthlyBudgetUsd }: Organisation,
  now: number,
): Refusal | undefined {
  if (budget !== null && spent >= budget) {
    const details = { key_id: id, budget_usd: fromMicros(budget) };
    return refuse(402, 'BUDGET_EXCEEDED', 'The budget of the API key is spent', details, id);
  }
  if (monthlyBudgetUsd === undefined || lookup.spentInMonth(now) < toMicros(monthlyBudgetUsd))
    return undefined;
  const details = { key_id: id, budget_usd: monthlyBudgetUsd };
  const message = 'The monthly budget of the organisation is spent';
  return refuse(402, 'ORGANISATION_BUDGET_EXCEEDED', message, details, id);
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
