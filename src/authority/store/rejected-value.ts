import { KeysError, systemCode } from '../../base/errors.ts';

/**
 * Whether a database rejected the values themselves, as it would again: a constraint, a wrong type, a text that is too large.
 * Otherwise it cannot be used at the moment. SQLite names its codes, or numbers them (the low byte 19 is a constraint,
 * sqlite.org/rescode.html); PostgreSQL has the classes 22 (data exception) and 23 (integrity constraint violation).
 */
export function isRejectedValue(error: unknown): boolean {
  if (!(error instanceof KeysError)) return true;
  const code = systemCode(error.failure.cause) ?? '';
  const extendedCode = /^UNKNOWN_SQLITE_ERROR_(\d+)$/.exec(code)?.[1];
  return (
    /^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG|RANGE)|^2[23][0-9A-Z]{3}$/.test(code) ||
    (Number(extendedCode) & 0xff) === 19
  );
}
