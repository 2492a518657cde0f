/** How deep values may be nested, and how many of them and of members there may be: far more than an API asks for. */
const limits = { depth: 100, values: 500_000, members: 100_000 };

/** A text that is no JSON (RFC 8259), or exceeds a limit. The message says which, and repeats nothing of the text. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

/** A member that was watched for. */
export interface Watched {
  /** The names on the way to it, its own last. */
  path: readonly string[];
  /** Its value, as it is written anew. */
  text: string;
}

/** Whether a member is to be told of. `first` is the first character of its value. */
export type Watch = (path: readonly string[], first: string) => boolean;

/** A JSON text that was read, and written anew so that it reads the same for everybody. */
export interface JsonText {
  text: string;
  /** The values of the members by name, where the text is an object. */
  members: ReadonlyMap<string, string> | undefined;
  /** Every member that was watched for, at any depth, and also where one of the same name follows. */
  watched: readonly Watched[];
}

/**
 * Reads a JSON text and writes it anew, in one go: without space, each name once (the last one counts, as for
 * JSON.parse), names and strings with as few escapes as possible, numbers as they stand. Throws `JsonFault`.
 */
export function readJson(text: string, watch: Watch = () => false): JsonText {
  return new Reader(text, watch).read();
}

/** The text of an object with these members. */
export function objectText(members: ReadonlyMap<string, string>): string {
  // Added up and not joined: a join copies, once for each level that a long text is nested in.
  let text = '';
  for (const [name, value] of members) text += `${text && ','}${JSON.stringify(name)}:${value}`;
  return `{${text}}`;
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

class Reader {
  readonly #text: string;
  readonly #watch: Watch;
  readonly #watched: Watched[] = [];
  readonly #path: string[] = [];
  #at = 0;
  #depth = 0;
  #values = 0;
  #members = 0;
  #top: ReadonlyMap<string, string> | undefined;

  constructor(text: string, watch: Watch) {
    this.#text = text;
    this.#watch = watch;
  }

  read(): JsonText {
    this.#skipSpace();
    const text = this.#value();
    if (this.#at < this.#text.length) throw notJson();
    return { text, members: this.#top, watched: this.#watched };
  }

  /** Reads a value and the space after it. */
  #value(): string {
    if (++this.#values > limits.values) throw new JsonFault('the JSON has too many values');
    const first = this.#text[this.#at];
    const value =
      first === '"'
        ? this.#string()
        : first === '{' || first === '['
          ? this.#nested(first)
          : this.#match(number) || this.#literal();
    this.#skipSpace();
    return value;
  }

  #nested(first: '{' | '['): string {
    if (++this.#depth > limits.depth) throw new JsonFault('the JSON is nested too deeply');
    this.#takes(first);
    const value = first === '{' ? this.#object() : this.#array();
    this.#depth -= 1;
    return value;
  }

  #object(): string {
    const members = new Map<string, string>();
    if (this.#depth === 1) this.#top = members;
    this.#each('}', () => this.#member(members));
    return objectText(members);
  }

  #array(): string {
    let text = '';
    this.#each(']', () => {
      text += `${text && ','}${this.#value()}`;
    });
    return `[${text}]`;
  }

  #each(end: '}' | ']', read: () => void): void {
    if (this.#takes(end)) return;
    do read();
    while (this.#takes(','));
    if (!this.#takes(end)) throw notJson();
  }

  #member(members: Map<string, string>): void {
    if (++this.#members > limits.members) throw new JsonFault('the JSON has too many members');
    if (this.#text[this.#at] !== '"') throw notJson();
    const name: string = JSON.parse(this.#string());
    this.#skipSpace();
    if (!this.#takes(':')) throw notJson();
    this.#path.push(name);
    const isWatched = this.#watch(this.#path, this.#text[this.#at] ?? '');
    const value = this.#value();
    if (isWatched) this.#watched.push({ path: [...this.#path], text: value });
    this.#path.pop();
    members.set(name, value);
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (end > 0 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) throw notJson();
    this.#at = end + 1;
    const text = this.#text.slice(start, end + 1);
    if (/[\0-\x1f]/.test(text)) throw notJson();
    if (!text.includes('\\')) return text;
    try {
      return JSON.stringify(JSON.parse(text));
    } catch {
      throw notJson();
    }
  }

  #isEscaped(quote: number): boolean {
    let backslashes = 0;
    while (this.#text[quote - 1 - backslashes] === '\\') backslashes += 1;
    return backslashes % 2 === 1;
  }

  #literal(): string {
    const literal = ['true', 'false', 'null'].find((word) => this.#text.startsWith(word, this.#at));
    if (literal === undefined) throw notJson();
    this.#at += literal.length;
    return literal;
  }

  /** What the pattern matches here, or an empty text. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  /** Whether a character stands here; then it is passed, with the space after it. */
  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    this.#skipSpace();
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function notJson(): JsonFault {
  return new JsonFault('the body is not JSON');
}
