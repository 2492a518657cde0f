import type { SecretForms } from '../base/secret-forms.ts';
import type { GrowingText } from './bounded-buffer.ts';
import { EventStream } from './event-stream.ts';
import { SecretSearch } from './secret-search.ts';

/** How much of the beginning of a secret the text of a stream may show before its events wait for what follows. */
const mostShown = 5;

/** How many bytes of events wait at the most: 64 KB. */
const mostWaiting = 64 * 1024;

/** Members by which a stream tells a text piece by piece. */
const textMembers =
  /^(?:content|text|delta|arguments|partial_json|reasoning\w*|thinking|transcript|refusal)$/;

/** Looks for a secret in an answer, piece by piece. */
export interface AnswerSearch {
  /** What can be handed over by now; undefined where the secret is in it. */
  add(chunk: Buffer): Buffer | undefined;
  /** What was held back, after the last piece. */
  end(): Buffer;
}

export function searchFor(forms: SecretForms, isEventStream: boolean): AnswerSearch {
  return isEventStream ? new EventSearch(forms) : new SecretSearch(forms);
}

/** In the bytes of a stream of events, and in the text that its events make together, token by token. */
class EventSearch implements AnswerSearch {
  readonly #bytes: SecretSearch;
  readonly #text: SecretSearch;
  readonly #events = new EventStream((data) => this.#read(data));
  #isFound = false;
  #waiting: Buffer[] = [];
  #size = 0;

  constructor(forms: SecretForms) {
    this.#bytes = new SecretSearch(forms);
    this.#text = new SecretSearch(forms);
  }

  add(chunk: Buffer): Buffer | undefined {
    const decided = this.#bytes.add(chunk);
    this.#events.add(chunk);
    if (!decided || this.#isFound) return undefined;
    this.#waiting.push(decided);
    this.#size += decided.length;
    return this.#text.heldBytes <= mostShown || this.#size > mostWaiting ? this.#release() : Buffer.alloc(0);
  }

  end(): Buffer {
    return Buffer.concat([this.#release(), this.#bytes.end()]);
  }

  #release(): Buffer {
    const [first = Buffer.alloc(0), ...others] = this.#waiting;
    this.#waiting = [];
    this.#size = 0;
    return others.length === 0 ? first : Buffer.concat([first, ...others]);
  }

  #read(data: GrowingText): void {
    for (const text of textsIn(data.read())) this.#isFound ||= !this.#text.add(Buffer.from(text));
  }
}

/** No deeper than streams nest their text: what an upstream nests without end must not overflow the stack. */
function textsIn(value: unknown, depth = 0): string[] {
  if (!(value instanceof Object) || depth > 20) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' ? (textMembers.test(name) ? [inner] : []) : textsIn(inner, depth + 1),
  );
}
