import type { RefusalCode } from './refusal.ts';

/** No response from the upstream, or only the beginning of one. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly code: RefusalCode | 'CLIENT_CLOSED';
  /** A code of Node.js or undici, or a word of ours. Their messages may quote the response. */
  readonly reason: string;

  constructor(code: UpstreamError['code'], reason: string) {
    super(`${code}: ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}
