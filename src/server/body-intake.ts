import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpProblem } from '../gateway/http-problem.ts';

/** The largest body of a call that is passed on, in bytes: 32 MB. */
const maxBody = 32 * 1024 * 1024;

/** Bytes of all bodies that are held at once, and of those of one key: 256 and 128 MB. */
const limits = { total: 256 * 1024 * 1024, each: 128 * 1024 * 1024 };

/** A body that was read. Its bytes count until it is released. */
export interface HeldBody {
  body: Buffer | undefined;
  release(): void;
}

/** Bodies that are in memory, of all connections: what has no room any more is refused, and nothing else has to wait. */
export class BodyIntake {
  readonly #limits: typeof limits;
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(most = limits) {
    this.#limits = most;
  }

  /** The bytes that are held. */
  get total(): number {
    return this.#total;
  }

  /**
   * Reads a body for a holder, which is a key that was admitted. Throws `HttpProblem` 413 for one over 32 MB, 503 where
   * there is no room for it now; what is left of it is then unread.
   */
  async read(request: IncomingMessage, response: ServerResponse, holder: string): Promise<HeldBody> {
    if (!hasBody(request)) return { body: undefined, release: () => {} };
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > maxBody) throw tooLarge();
    let size = 0;
    const release = () => {
      this.#count(holder, -size);
      size = 0;
    };
    const chunks: Buffer[] = [];
    askForBody(request, response);
    try {
      await eachChunk(request, (chunk) => {
        if (size + chunk.length > maxBody) throw tooLarge();
        if (!this.#hasRoom(holder, chunk.length)) throw noRoom();
        size += chunk.length;
        this.#count(holder, chunk.length);
        chunks.push(chunk);
      });
      return { body: size === 0 ? undefined : Buffer.concat(chunks), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #hasRoom(holder: string, bytes: number): boolean {
    const held = this.#held.get(holder) ?? 0;
    return this.#total + bytes <= this.#limits.total && held + bytes <= this.#limits.each;
  }

  #count(holder: string, bytes: number): void {
    const held = (this.#held.get(holder) ?? 0) + bytes;
    this.#total += bytes;
    if (held > 0) this.#held.set(holder, held);
    else this.#held.delete(holder);
  }
}

/** Whether a request says that it has a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Tells a caller that waits for it that its body is wanted (RFC 9110 section 10.1.1). */
export function askForBody({ headers }: IncomingMessage, response: ServerResponse): void {
  if (isWaiting(headers) && !response.headersSent) response.writeContinue();
}

/** Whether a caller sends its body only when it is told to. */
export function isWaiting(headers: IncomingMessage['headers']): boolean {
  return /^100-continue$/i.test(headers.expect ?? '');
}

/** Hands over what arrives; where `take` throws, rejects with that, and the rest stays unread. */
function eachChunk(request: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((done, failed) => {
    if (request.destroyed) return failed(brokenOff());
    const end = (settle: () => void) => {
      request.pause();
      request.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
      settle();
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        end(() => failed(error));
      }
    };
    const onEnd = () => end(done);
    const onClose = () => end(() => failed(brokenOff()));
    request.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  });
}

function brokenOff(): HttpProblem {
  return new HttpProblem(400, 'CLIENT_CLOSED', 'the body broke off');
}

function tooLarge(): HttpProblem {
  return new HttpProblem(413, 'BODY_TOO_LARGE', 'the body is larger than 32 MB');
}

function noRoom(): HttpProblem {
  return new HttpProblem(503, 'SERVER_BUSY', 'too much is being sent at once', {}, { 'retry-after': '1' });
}
