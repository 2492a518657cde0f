import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { KeysError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { hashOf } from './key-format.ts';
import type { Work } from './store/work.ts';
import { bytesIn, get, run } from './store/work.ts';

/*
 * Makes requests that issue a secret repeatable. A caller who lost the response sends the request again with the same
 * `Idempotency-Key` and gets the same secret. The authority keeps it for a day, sealed with a key derived from that header
 * and from the caller's session token: 256 random bits of which the authority stores only a hash. So a stolen database
 * reveals no secret, not even to someone who knows the header.
 */

/** A request that may be repeated. */
export interface IdempotentRequest {
  /** Who calls, and for what: the same header from another user or for another operation is a different request. */
  scope: string;
  /** The caller's `Idempotency-Key`. */
  key: string;
  /** The caller's session token: no other session can read the response, not even one of the same user. */
  token: string;
  /** The content of the request, which must be the same each time. */
  content: string;
}

/** What an earlier request was answered with. */
interface StoredResponse {
  id: string;
  secret: Secret;
}

const retentionMs = 86_400_000;

/**
 * Issues a secret, unless the same request was answered before: then it returns that answer again. Throws
 * `idempotency_key_reused` if the header was used for a different request.
 */
export function* issueOnce(
  request: IdempotentRequest | undefined,
  now: number,
  issue: () => Work<StoredResponse>,
): Work<StoredResponse> {
  if (!request) return yield* issue();
  const storedResponse = yield* findStoredResponse(request, now);
  if (storedResponse) return storedResponse;
  const issuedKey = yield* issue();
  yield* storeResponse(request, issuedKey, now);
  return issuedKey;
}

function* findStoredResponse(request: IdempotentRequest, now: number): Work<StoredResponse | undefined> {
  const row = yield* get(
    'SELECT * FROM replies WHERE request_hash = ? AND at > ?',
    requestHash(request),
    now - retentionMs,
  );
  if (!row) return undefined;
  if (!hashOf(request.content).equals(bytesIn(row.content_hash))) throw reused('another request');
  const id = String(row.key_id);
  return { id, secret: new Secret(unseal(request, id, bytesIn(row.sealed_secret))) };
}

function* storeResponse(request: IdempotentRequest, { id, secret }: StoredResponse, now: number): Work<void> {
  yield* run('DELETE FROM replies WHERE at <= ?', now - retentionMs);
  yield* run(
    'INSERT INTO replies (request_hash, content_hash, at, key_id, sealed_secret) VALUES (?, ?, ?, ?, ?)',
    requestHash(request),
    hashOf(request.content),
    now,
    id,
    seal(request, id, secret.reveal()),
  );
}

function requestHash({ scope, key }: IdempotentRequest): Buffer {
  return hashOf(`${scope}\0${key}`);
}

const nonceLength = 12;
const tagLength = 16;

/** AES-256-GCM: the nonce, the tag, then the ciphertext. */
function seal(request: IdempotentRequest, id: string, secret: string): Buffer {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(request, id), nonce);
  const ciphertext = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

function unseal(request: IdempotentRequest, id: string, sealedBytes: Uint8Array): string {
  const nonce = sealedBytes.subarray(0, nonceLength);
  const tag = sealedBytes.subarray(nonceLength, nonceLength + tagLength);
  const ciphertext = sealedBytes.subarray(nonceLength + tagLength);
  try {
    const decipher = createDecipheriv('aes-256-gcm', sealingKey(request, id), nonce);
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch {
    // Sealed with another session's token.
    throw reused('another session');
  }
}

function sealingKey({ scope, key, token }: IdempotentRequest, id: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', `${token}\0${key}`, id, `keys-cli reply ${scope}`, 32));
}

function reused(by: string): KeysError {
  return new KeysError({
    code: 'idempotency_key_reused',
    message: `the Idempotency-Key was already used for ${by}`,
  });
}
