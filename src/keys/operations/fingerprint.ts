import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../base/secret.ts';

/**
 * What the journal keeps of a secret, to recognise it in a sink later: an HMAC-SHA256 under a random key, as
 * `<key>.<hmac>` in base64url. It reveals nothing: the secrets that APIs issue are too random to be guessed.
 */
export function fingerprintOf(secret: Secret): string {
  const key = randomBytes(16);
  return `${key.toString('base64url')}.${hmac(secret, key).toString('base64url')}`;
}

/** Whether the fingerprint is that of the secret; white space around the secret does not count. */
export function hasFingerprint(secret: Secret, fingerprint: string): boolean {
  const [key = '', expected = ''] = fingerprint.split('.').map((part) => Buffer.from(part, 'base64url'));
  return [secret, secret.mapped((value) => value.trim())].some((one) => {
    const actual = hmac(one, Buffer.from(key));
    return actual.length === expected.length && timingSafeEqual(actual, Buffer.from(expected));
  });
}

function hmac(secret: Secret, key: Buffer): Buffer {
  const digester = createHmac('sha256', key);
  secret.mapped((value) => {
    digester.update(value);
    return '';
  });
  return digester.digest();
}
