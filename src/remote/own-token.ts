import { KeysError, usageError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';

/** Refuses (2) to send the session token to another host, where keys are tried out. */
export async function requireNotToken(key: Secret, token: () => Promise<Secret>, url: string): Promise<void> {
  const ownToken = await token().catch((error: unknown) => {
    if (error instanceof KeysError && error.failure.code === 'not_logged_in') return undefined;
    throw error;
  });
  if (!ownToken?.equals(key)) return;
  throw usageError(
    `this is the session token, and it is not sent to ${new URL(url).origin}, where the provider verifies keys`,
    'keys status',
  );
}
