/* What the authority is asked about a use of a key, and what it decides. */

/** What a caller wants to do with a key. */
export interface AccessRequest {
  /** The whole key as it was sent; undefined if none was. */
  key: string | undefined;
  /** The model to call. */
  model?: string | undefined;
  /** `any`: the request lists the models. `unnamed`: it may reach a model without naming it. */
  models?: 'any' | 'unnamed';
  /** The permission that the request needs. */
  permission?: string | undefined;
}

/** What the organisation that runs the authority grants to all of its keys together. */
export interface Organisation {
  /** Models it is entitled to; absent: every model. */
  models?: readonly string[];
  /** Spending limit of all keys together in a calendar month (UTC). */
  monthlyBudgetUsd?: number;
  /** Active keys per user; absent: no limit. */
  maxKeys?: number;
}

/** Requests per minute, in a sliding window. */
export interface RateLimit {
  limit: number;
  remaining: number;
  /** Whole seconds until a slot becomes free: how long a refused request has to wait. */
  resetSeconds: number;
}

export interface Admission {
  allowed: true;
  keyId: string;
  keyName: string;
  /** Models that both the key and the organisation allow; null: every model. */
  models: readonly string[] | null;
  /** Requests per minute that the key may make; null: no limit. */
  limit: number | null;
  /** US dollars that the key may still spend; null: it has no budget of its own. */
  budgetLeftUsd: number | null;
  /** Present once a slot is reserved. */
  rateLimit?: RateLimit;
}

export interface Refusal {
  allowed: false;
  /** HTTP status. */
  status: 401 | 402 | 403 | 429;
  code: string;
  message: string;
  details: Record<string, string | number>;
  /** Absent if the request named none of our keys. */
  keyId?: string;
  /** With 429: the same request can succeed after `resetSeconds`. */
  rateLimit?: RateLimit;
}

export type Decision = Admission | Refusal;
