import type { SecretForms } from '../base/secret-forms.ts';
import { EventStream } from './event-stream.ts';
import { parseJson } from './json-end.ts';
import { SecretSearch } from './secret-search.ts';

/** How much of the beginning of a secret the text of a stream may show before events are held back. */
const maxShownBytes = 5;

const maxHeldBytes = 64 * 1024;

/** As deep as streams nest their text: deeper nesting must not overflow the stack. */
const maxDepth = 20;

/** Members in which a stream sends a text piece by piece. */
const textMembers =
  /^(?:content|text|delta|arguments|partial_json|reasoning\w*|thinking|transcript|refusal)$/;

/** Searches a response for a secret, piece by piece. */
export interface ResponseSearch {
  /** The bytes that are safe to pass on; undefined once the secret is found. */
  add(chunk: Buffer): Buffer | undefined;
  /** What was held back, after the last piece. */
  end(): Buffer;
}

export function searchFor(forms: SecretForms, isEventStream: boolean): ResponseSearch {
  return isEventStream ? new EventSearch(forms) : new SecretSearch(forms);
}

/** Searches the bytes of an event stream, and the text that its events form together, token by token. */
class EventSearch implements ResponseSearch {
  readonly #bytes: SecretSearch;
  readonly #text: SecretSearch;
  readonly #events = new EventStream(({ text }) => this.#read(text));
  #isFound = false;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(forms: SecretForms) {
    this.#bytes = new SecretSearch(forms);
    this.#text = new SecretSearch(forms);
  }

  add(chunk: Buffer): Buffer | undefined {
    const safeBytes = this.#bytes.add(chunk);
    this.#events.add(chunk);
    if (!safeBytes || this.#isFound) return undefined;
    this.#held.push(safeBytes);
    this.#heldBytes += safeBytes.length;
    const isSafe = this.#text.heldBytes <= maxShownBytes || this.#heldBytes > maxHeldBytes;
    return isSafe ? this.#release() : Buffer.alloc(0);
  }

  end(): Buffer {
    return Buffer.concat([this.#release(), this.#bytes.end()]);
  }

  #release(): Buffer {
    const [first = Buffer.alloc(0), ...others] = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    return others.length === 0 ? first : Buffer.concat([first, ...others]);
  }

  #read(data: string): void {
    for (const text of textsIn(parseJson(data))) this.#isFound ||= !this.#text.add(Buffer.from(text));
  }
}

function textsIn(value: unknown, depth = 0): string[] {
  if (!(value instanceof Object) || depth > maxDepth) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' ? (textMembers.test(name) ? [inner] : []) : textsIn(inner, depth + 1),
  );
}
