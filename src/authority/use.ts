import { clipped } from './database/stored-text.ts';

/** One use of a key, as it is metered. Refused uses are recorded too, with no requests and no cost. */
export interface Use {
  keyId: string;
  /** Milliseconds since the epoch; absent: now. */
  at?: number;
  method: string;
  path: string;
  statusCode: number;
  ip?: string;
  model?: string;
  requests: number;
  tokens: number;
  costUsd: number;
  /** It is counted, and has no row in the log. */
  unlogged?: boolean;
}

/** What one use can come to at the most. */
export const mostOfOne = { requests: 1_000_000, tokens: 1_000_000_000_000, costUsd: 1_000_000 } as const;

/** Characters of each text in a log row; what is longer is cut. */
const longest = { keyId: 64, method: 20, path: 1000, ip: 64, model: 200 } as const;

/** Times past the year 9999 have no RFC 3339 form. */
export const lastMoment = Date.UTC(9999, 11, 31, 23, 59, 59);

/** A use as it can be written, whatever a caller or an upstream has said of it. */
export interface BoundedUse {
  keyId: string;
  at: number;
  method: string;
  path: string;
  statusCode: number;
  ip: string | null;
  model: string | null;
  requests: number;
  tokens: number;
  /** Millionths of a US dollar. */
  cost: number;
  /**
   * What the key is charged. A cost past the most that one use can come to was never one: it stops its own key, which
   * may have a budget, and is no part of what the organisation has spent.
   */
  charge: number;
  /** 1 for a use that was refused. */
  refused: number;
  logged: boolean;
}

/** Whole numbers from 0 to the most of each, texts of a bounded length that can be stored. */
export function bounded(use: Use, now: number): BoundedUse {
  const { at = now, ip, model, costUsd } = use;
  const requests = Math.trunc(within(use.requests, mostOfOne.requests));
  const statusCode = Math.trunc(within(use.statusCode, 999));
  const charge = Math.round(within(costUsd, mostOfOne.costUsd) * 1_000_000);
  return {
    keyId: clipped(use.keyId, longest.keyId),
    at: Number.isInteger(at) && at >= 0 && at <= lastMoment ? at : now,
    method: clipped(use.method, longest.method),
    path: clipped(use.path, longest.path),
    statusCode,
    ip: ip === undefined ? null : clipped(ip, longest.ip),
    model: model === undefined ? null : clipped(model, longest.model),
    requests,
    tokens: Math.trunc(within(use.tokens, mostOfOne.tokens)),
    cost: costUsd <= mostOfOne.costUsd ? charge : 0,
    charge,
    refused: Number(requests === 0 && statusCode >= 400),
    logged: !use.unlogged,
  };
}

/** What is no number counts for nothing. */
function within(amount: number, most: number): number {
  return amount > 0 ? Math.min(amount, most) : 0;
}
