/** A proxy that cannot be reached, or that does not connect us to the origin. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** With which it refused; undefined if it cannot be reached. */
  readonly status: number | undefined;

  constructor({ status, cause }: { status?: number | undefined; cause?: Error }) {
    super('the proxy does not connect', { cause });
    this.status = status;
  }
}
