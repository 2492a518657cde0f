import type { Secret } from '../base/secret.ts';
import { revealHeaders } from '../http/wire.ts';
import type { ResponseSearch } from './response-search.ts';
import { searchFor } from './response-search.ts';

/** The upstream's own key: read once, and again after the upstream rejected it. */
export class UpstreamKey {
  readonly #source: () => Promise<Secret>;
  #reading: Promise<UpstreamCredential> | undefined;
  #current: UpstreamCredential | undefined;

  constructor(source: () => Promise<Secret>) {
    this.#source = source;
  }

  /** Rejects as the source does, or with `KeysError` for a key that HTTP cannot carry; the next call reads again. */
  read(): Promise<UpstreamCredential> {
    this.#reading ??= this.#readSource();
    return this.#reading;
  }

  /** The upstream rejected this credential: the next call reads the source, unless another call already has. */
  reject(credential: UpstreamCredential): void {
    if (this.#current === credential) this.#reading = undefined;
  }

  async #readSource(): Promise<UpstreamCredential> {
    this.#current = undefined;
    try {
      this.#current = new UpstreamCredential(await this.#source());
      return this.#current;
    } catch (error) {
      this.#reading = undefined;
      throw error;
    }
  }
}

/** A key as it is sent, and as it is searched for in what comes back. */
export class UpstreamCredential {
  readonly #secret: Secret;

  /** Throws `KeysError` (usage) for a key that HTTP cannot carry. */
  constructor(secret: Secret) {
    this.#secret = secret;
    this.headers();
  }

  /** The headers that carry it to the upstream. */
  headers(): Record<string, string> {
    return revealHeaders({ authorization: this.#secret.prefixed('Bearer ') });
  }

  /** Whether a text repeats it, in any form. */
  isIn(text: Buffer | string): boolean {
    return this.#secret.forms.isIn(text);
  }

  /** For a response that comes in pieces. */
  search(isEventStream: boolean): ResponseSearch {
    return searchFor(this.#secret.forms, isEventStream);
  }
}
