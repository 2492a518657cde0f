/** Whether a secret works. Limits (`budget`, `rate-limited`, `no-models`) do not make it invalid. */
export interface Verdict {
  valid: boolean;
  reason: Reason;
  /** Null if there was no answer. */
  httpStatus: number | null;
  /** The models that the key may call, if they were reported. */
  models?: readonly string[];
}

export const reasons = [
  'ok',
  'invalid',
  'expired',
  'revoked',
  'forbidden',
  'no-models',
  'budget',
  'rate-limited',
  'unreachable',
] as const;
export type Reason = (typeof reasons)[number];
