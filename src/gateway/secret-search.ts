import { setImmediate } from 'node:timers/promises';
import type { SecretForms } from '../base/secret-forms.ts';

/** Bytes that are searched without letting other work run. */
const pieceBytes = 256 * 1024;

/** Whether a secret is in a body of any size. Lets other work run in between. */
export async function isInBody(forms: SecretForms, body: Buffer): Promise<boolean> {
  const search = new SecretSearch(forms);
  for (let at = 0; at < body.length; at += pieceBytes) {
    if (at > 0) await setImmediate();
    if (!search.add(body.subarray(at, at + pieceBytes))) return true;
  }
  return false;
}

/** Looks for a secret in bytes as they come, in whatever pieces. */
export class SecretSearch {
  readonly #forms: SecretForms;
  #held: Buffer = Buffer.alloc(0);

  constructor(forms: SecretForms) {
    this.#forms = forms;
  }

  /** The bytes that are safe to pass on; undefined once the secret is found. A possible beginning of it is held back. */
  add(chunk: Buffer): Buffer | undefined {
    const text = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#forms.isIn(text)) return undefined;
    const safeLength = text.length - this.#forms.undecidedEnd(text);
    // A copy: the chunk may be a small part of a large buffer that would be kept with it.
    this.#held = Buffer.from(text.subarray(safeLength));
    return text.subarray(0, safeLength);
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  /** What was held back, after the last piece. */
  end(): Buffer {
    return this.#held;
  }
}
