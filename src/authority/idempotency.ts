import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { KeysError } from '../base/errors.ts';
import type { Connection } from './database/connection.ts';
import { hashOf } from './key-format.ts';

/*
 * What makes a request idempotentRequest that issues a secret. A caller who lost the reply sends the request again with the same
 * `Idempotency-Key` and gets the same secret. It is kept for a day, sealed with a key that is derived from that header and
 * from the session token of the caller: 256 random bits of which the authority keeps a hash alone. So a stolen database
 * gives no secret away, not even to somebody who knows the header.
 */

/** A request that may come again. */
export interface IdempotentRequest {
  /** Who asks, and for what: another user's or another operation's header of the same text is another one. */
  scope: string;
  /** The caller's `Idempotency-Key`. */
  key: string;
  /** The caller's session token: the answer is for nobody else, and for no other session of the same user. */
  token: string;
  /** What is asked for: under the same header it must be the same. */
  content: string;
}

export interface StoredResponse {
  keyId: string;
  secret: string;
}

/** Milliseconds for which a reply is kept. */
const keptFor = 86_400_000;

/** The reply that this request got before, if any. Throws `KeysError` where the header was used for something else. */
export function findStoredResponse(
  database: Connection,
  request: IdempotentRequest,
  now: number,
): StoredResponse | undefined {
  const row = database.get(
    'SELECT * FROM replies WHERE request_hash = ? AND at > ?',
    nameOf(request),
    now - keptFor,
  );
  if (!row) return undefined;
  if (!hashOf(request.content).equals(row.content_hash as Uint8Array)) throw reused('another request');
  const keyId = String(row.key_id);
  return { keyId, secret: unseal(request, keyId, Buffer.from(row.sealed_secret as Uint8Array)) };
}

/** Keeps the reply, in the transaction that made the key. */
export function storeResponse(
  database: Connection,
  request: IdempotentRequest,
  response: StoredResponse,
  now: number,
): void {
  database.run('DELETE FROM replies WHERE at <= ?', now - keptFor);
  database.run(
    'INSERT INTO replies (request_hash, content_hash, at, key_id, sealed_secret) VALUES (?, ?, ?, ?, ?)',
    nameOf(request),
    hashOf(request.content),
    now,
    response.keyId,
    seal(request, response),
  );
}

function nameOf({ scope, key }: IdempotentRequest): Buffer {
  return hashOf(`${scope}\0${key}`);
}

/** AES-256-GCM: nonce of 12 bytes, tag of 16, then the text. */
function seal(request: IdempotentRequest, { keyId, secret }: StoredResponse): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(request, keyId), nonce);
  const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function unseal(request: IdempotentRequest, keyId: string, sealed: Buffer): string {
  try {
    return open(request, keyId, sealed);
  } catch {
    throw reused('another session');
  }
}

/** Throws where the key is not the one that it was sealed with. */
function open(request: IdempotentRequest, keyId: string, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(request, keyId), sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString('utf8');
}

function sealingKey({ scope, key, token }: IdempotentRequest, keyId: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', `${token}\0${key}`, keyId, `keys-cli reply ${scope}`, 32));
}

function reused(by: string): KeysError {
  return new KeysError({
    code: 'idempotency_key_reused',
    message: `the Idempotency-Key was used for ${by}`,
  });
}
