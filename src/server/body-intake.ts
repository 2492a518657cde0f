import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpProblem } from '../gateway/http-problem.ts';

/** The largest body that is forwarded: 32 MB. */
const maxBodyBytes = 32 * 1024 * 1024;

/** All bodies that are held at once, and those of one key. */
const defaultLimits = { totalBytes: 256 * 1024 * 1024, keyBytes: 128 * 1024 * 1024 };

/** A body in memory; it counts against the limits until it is released. */
export interface HeldBody {
  body: Buffer | undefined;
  release(): void;
}

/** Bounds the memory that the bodies of all connections take: beyond the limits, a body is refused rather than queued. */
export class BodyIntake {
  readonly #limits: typeof defaultLimits;
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(limits = defaultLimits) {
    this.#limits = limits;
  }

  /** The bytes of all held bodies. */
  get total(): number {
    return this.#total;
  }

  /**
   * Reads a body on behalf of an admitted key. Throws `HttpProblem` 413 for one over 32 MB, and 503 when the limits are
   * reached; the rest of it then stays unread.
   */
  async read(request: IncomingMessage, response: ServerResponse, keyId: string): Promise<HeldBody> {
    if (!hasBody(request)) return { body: undefined, release: () => {} };
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > maxBodyBytes) throw tooLarge();
    let size = 0;
    const release = () => {
      this.#count(keyId, -size);
      size = 0;
    };
    const chunks: Buffer[] = [];
    askForBody(request, response);
    try {
      await eachChunk(request, (chunk) => {
        if (size + chunk.length > maxBodyBytes) throw tooLarge();
        if (!this.#fits(keyId, chunk.length)) throw serverBusy();
        size += chunk.length;
        this.#count(keyId, chunk.length);
        chunks.push(chunk);
      });
      return { body: size === 0 ? undefined : Buffer.concat(chunks), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #fits(keyId: string, bytes: number): boolean {
    const heldBytes = this.#held.get(keyId) ?? 0;
    return this.#total + bytes <= this.#limits.totalBytes && heldBytes + bytes <= this.#limits.keyBytes;
  }

  #count(keyId: string, bytes: number): void {
    const heldBytes = (this.#held.get(keyId) ?? 0) + bytes;
    this.#total += bytes;
    if (heldBytes > 0) this.#held.set(keyId, heldBytes);
    else this.#held.delete(keyId);
  }
}

/** Whether a request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Sends `100 Continue` to a caller that waits for it (RFC 9110 section 10.1.1). */
export function askForBody({ headers }: IncomingMessage, response: ServerResponse): void {
  if (isWaiting(headers) && !response.headersSent) response.writeContinue();
}

/** Whether a caller waits for `100 Continue` before it sends its body. */
export function isWaiting(headers: IncomingMessage['headers']): boolean {
  return /^100-continue$/i.test(headers.expect ?? '');
}

/** Calls `take` with each chunk; if it throws, rejects with that error and leaves the rest unread. */
function eachChunk(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (request.destroyed) return reject(brokenOff());
    const end = (settle: () => void) => {
      request.pause();
      request.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
      settle();
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        end(() => reject(error));
      }
    };
    const onEnd = () => end(resolve);
    const onClose = () => end(() => reject(brokenOff()));
    request.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  });
}

function brokenOff(): HttpProblem {
  return new HttpProblem(400, 'CLIENT_CLOSED', 'the request body is incomplete');
}

function tooLarge(): HttpProblem {
  return new HttpProblem(413, 'BODY_TOO_LARGE', 'the body is larger than 32 MB');
}

function serverBusy(): HttpProblem {
  return new HttpProblem(
    503,
    'SERVER_BUSY',
    'too many large requests are in progress; retry later',
    {},
    { 'retry-after': '1' },
  );
}
