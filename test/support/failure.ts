import { expect } from 'vitest';
import type { Failure } from '../../src/base/errors.ts';
import { KeysError } from '../../src/base/errors.ts';

/** The `KeysError` that the work throws. Any other error, and success, fails the test. */
export function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    return asFailure(error);
  }
  return expect.fail('it did not fail');
}

/** As `failureOf`, for asynchronous work. */
export async function failureIn(work: Promise<unknown>): Promise<Failure> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return outcome ? asFailure(outcome.error) : expect.fail('it did not fail');
}

function asFailure(error: unknown): Failure {
  if (error instanceof KeysError) return error.failure;
  throw error;
}
