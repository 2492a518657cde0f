import { KeysError } from '../base/errors.ts';
import { findKeys } from '../keys/find.ts';
import type { Context } from './context.ts';

/**
 * The same error with the names that may have been meant. An API has listed all its keys by then; the embedded authority
 * is asked for the others only now.
 */
export async function withNearKeys(context: Context, error: KeysError): Promise<KeysError> {
  const { missingKeys = [] } = error.failure;
  try {
    if (missingKeys.length > 0 && !(await context.connection())) findKeys(await context.keys(), missingKeys);
  } catch (fullerError) {
    if (fullerError instanceof KeysError && fullerError.failure.missingKeys) return fullerError;
  }
  return error;
}
