import { usageError } from '../base/errors.ts';
import { stepAt } from '../base/time.ts';
import type { Capabilities, KeyBackend } from './ports.ts';

/** Refuses an expiry that a provider with fixed steps does not offer (exit 2). */
export function checkExpiry(
  provider: string,
  { expiry, expirySteps = [] }: Capabilities,
  expires: Date | null | undefined,
  now: Date,
): void {
  if (expiry !== 'steps' || !expires || stepAt(expirySteps, expires, now) !== undefined) return;
  throw usageError(`--expires: the provider ${provider} offers only ${expirySteps.join(', ')}`);
}

/** Refuses a key without an expiry where the provider demands one (exit 2). */
export function requireExpiry(
  provider: string,
  { expiry, expirySteps = [], expiryRequired }: Capabilities,
  expires: Date | null | undefined,
): void {
  if (!expiryRequired || expires) return;
  const offer = expiry === 'steps' ? `one of ${expirySteps.join(', ')}` : 'a time';
  throw usageError(
    `the provider ${provider} does not create keys that never expire; pass --expires with ${offer}`,
  );
}

/** Refuses permissions that the provider does not have (exit 2). */
export function checkPermissions({ permissions }: KeyBackend, requestedPermissions: readonly string[]): void {
  const unknown = permissions
    ? requestedPermissions.filter((permission) => !permissions.includes(permission))
    : [];
  if (!permissions || unknown.length === 0) return;
  const names = unknown.map((permission) => `'${permission}'`).join(', ');
  throw usageError(`--permission: unknown ${names}; this provider has ${permissions.join(', ')}`);
}
