/** The members of an object, copied; none for any other value. */
export function record(value: unknown): Record<string, unknown> {
  return value instanceof Object && !Array.isArray(value) ? { ...value } : {};
}

/** A whole number of at least 0; undefined for any other value. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? amount(value) : undefined;
}

/** A number of at least 0; undefined for any other value. */
export function amount(value: unknown): number | undefined {
  // Math.abs turns -0 into 0.
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.abs(value) : undefined;
}
