/** Whether a secret works. Limits (`budget`, `rate-limited`, `no-models`) do not make it invalid. */
export interface Verdict {
  valid: boolean;
  reason: Reason;
  /** Null if there was no answer. */
  httpStatus: number | null;
  /** The models that the key may call, if they were reported. */
  models?: readonly string[];
}

/** Whether the API knows no such secret, or none that works: anything else leaves open whether a key has it. */
export function isRefusal({ reason }: Verdict): boolean {
  return ['invalid', 'revoked', 'expired'].includes(reason);
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
