import { SpanEnd } from '../../base/time.ts';
import type { KeySpec } from '../ports.ts';

/** The key that an operation is to create, as its plan keeps it. Holds no secret. */
export type PlannedSpec = Omit<KeySpec, 'expiresAt'> & {
  /** RFC 3339; null: never. */
  expiresAt: string | null;
  /** Of an expiry that was given as a span: its milliseconds. It begins when the key is created. */
  spanMs?: number;
};

export function plannedSpec({ expiresAt, ...spec }: KeySpec): PlannedSpec {
  return {
    ...spec,
    expiresAt: expiresAt?.toISOString() ?? null,
    ...(expiresAt instanceof SpanEnd && { spanMs: expiresAt.span }),
  };
}

export function specOf({ expiresAt, spanMs, ...spec }: PlannedSpec, now: Date): KeySpec {
  const end = expiresAt === null ? null : new Date(expiresAt);
  return {
    ...spec,
    expiresAt: spanMs === undefined ? end : new SpanEnd(now, { months: 0, milliseconds: spanMs }),
  };
}
