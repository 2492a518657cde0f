import { clipped } from './store/stored-text.ts';

/** One metered use of a key. Refused uses are recorded too, with zero requests and no cost. */
export interface Use {
  keyId: string;
  /** Milliseconds since the epoch; absent: now. */
  at?: number;
  method: string;
  path: string;
  statusCode: number;
  ip?: string | undefined;
  model?: string | undefined;
  requests: number;
  tokens: number;
  costUsd: number;
  /** Counted, but without a row in the log. */
  unlogged?: boolean;
  /** How many equal uses this stands for, each with a row of its own; absent: 1. */
  times?: number;
}

/** A use that could not be recorded, and why. */
export interface LostUse {
  use: Use;
  reason: unknown;
}

/** The most that one use can count for. */
export const maxPerUse = { requests: 1_000_000, tokens: 1_000_000_000_000, costUsd: 1_000_000 } as const;

/** Characters of each text in a log row; longer texts are cut. */
const maxLengths = { keyId: 64, method: 20, path: 1000, ip: 64, model: 200 } as const;

/** RFC 3339 cannot express times past the year 9999. */
export const maxTimestamp = Date.UTC(9999, 11, 31, 23, 59, 59);

/** A use that can be stored, whatever a caller or an upstream reported. */
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
   * What the key is charged. A cost above the maximum of one use is an error: it is charged to the key, whose budget it may
   * exhaust, but does not count as spending of the organisation.
   */
  charge: number;
  /** 1 for a refused use. */
  refused: number;
  logged: boolean;
  times: number;
}

/** Whether two uses that cost nothing differ in nothing, so that one can stand for both. */
export function areEqual(one: Use, other: Use): boolean {
  return (
    one.keyId === other.keyId &&
    one.at === other.at &&
    one.method === other.method &&
    one.path === other.path &&
    one.statusCode === other.statusCode &&
    one.ip === other.ip &&
    one.model === other.model &&
    one.requests === other.requests &&
    one.unlogged === other.unlogged &&
    one.tokens + one.costUsd + other.tokens + other.costUsd === 0
  );
}

/** Clamps numbers to integers within their range, and texts to storable ones of limited length. */
export function boundedUse(use: Use, now: number): BoundedUse {
  const { at = now, ip, model, costUsd } = use;
  const requests = Math.trunc(clamp(use.requests, maxPerUse.requests));
  const statusCode = Math.trunc(clamp(use.statusCode, 999));
  const charge = Math.round(clamp(costUsd, maxPerUse.costUsd) * 1_000_000);
  return {
    keyId: clipped(use.keyId, maxLengths.keyId),
    at: Number.isInteger(at) && at >= 0 && at <= maxTimestamp ? at : now,
    method: clipped(use.method, maxLengths.method),
    path: clipped(use.path, maxLengths.path),
    statusCode,
    ip: ip === undefined ? null : clipped(ip, maxLengths.ip),
    model: model === undefined ? null : clipped(model, maxLengths.model),
    requests,
    tokens: Math.trunc(clamp(use.tokens, maxPerUse.tokens)),
    cost: costUsd <= maxPerUse.costUsd ? charge : 0,
    charge,
    refused: Number(requests === 0 && statusCode >= 400),
    logged: !use.unlogged,
    times: use.times ?? 1,
  };
}

/** NaN counts as 0. */
function clamp(amount: number, max: number): number {
  return amount > 0 ? Math.min(amount, max) : 0;
}
