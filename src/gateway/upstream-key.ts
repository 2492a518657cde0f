import type { Secret } from '../base/secret.ts';
import { revealHeaders } from '../http/wire.ts';
import type { AnswerSearch } from './answer-search.ts';
import { searchFor } from './answer-search.ts';

/** The key that the upstream gave to us: asked for once, and again after the upstream refused it. */
export class OwnKey {
  readonly #source: () => Promise<Secret>;
  #reading: Promise<Credential> | undefined;
  #held: Credential | undefined;

  constructor(source: () => Promise<Secret>) {
    this.#source = source;
  }

  /** Rejects as the source does, or with `KeysError` for a key that HTTP cannot carry; the next call asks again. */
  read(): Promise<Credential> {
    this.#reading ??= this.#ask();
    return this.#reading;
  }

  /** The upstream does not take this one: the next request asks the source, unless another has done so already. */
  rejected(credential: Credential): void {
    if (this.#held === credential) this.#reading = undefined;
  }

  async #ask(): Promise<Credential> {
    this.#held = undefined;
    try {
      this.#held = new Credential(await this.#source());
      return this.#held;
    } catch (error) {
      this.#reading = undefined;
      throw error;
    }
  }
}

/** A key as it is sent, and as it is looked for in what comes back. */
export class Credential {
  readonly #secret: Secret;

  /** Throws `KeysError` (usage) for a key that HTTP cannot carry. */
  constructor(secret: Secret) {
    this.#secret = secret;
    this.headers();
  }

  /** The headers that show it to the upstream. */
  headers(): Record<string, string> {
    return revealHeaders({ authorization: this.#secret.prefixed('Bearer ') });
  }

  /** Whether a text repeats it, in whichever form. */
  isIn(text: Buffer | string): boolean {
    return this.#secret.forms.isIn(text);
  }

  /** For an answer that comes in pieces. */
  search(isEventStream: boolean): AnswerSearch {
    return searchFor(this.#secret.forms, isEventStream);
  }
}
