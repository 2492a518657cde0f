/** More than an API needs, and little enough to be read in a moment. */
const maxDepth = 100;
const maxValues = 500_000;
const maxMembers = 100_000;

/** A text that is not JSON (RFC 8259) or exceeds a limit. The message says which and repeats nothing of the text. */
export class InvalidJson extends Error {
  override readonly name: string = 'InvalidJson';
}

/** JSON in which an object has two members of one name: servers disagree about which of them counts. */
export class DuplicateMember extends InvalidJson {
  override readonly name = 'DuplicateMember';
}

export interface JsonOptions {
  /** Refuse objects with two members of one name; otherwise the last one counts, as for JSON.parse. */
  unique?: boolean;
}

/** A JSON text, rewritten so that every parser reads it the same. */
export interface JsonText {
  text: string;
  /** The rewritten values of the members by name, if the text is an object. */
  members: ReadonlyMap<string, string> | undefined;
}

/**
 * Reads a JSON text in linear time and rewrites it: without space, each name once, names and strings with as few escapes
 * as possible, numbers digit by digit, which JSON.parse would round. Throws `InvalidJson`.
 */
export function readJson(text: string, options: JsonOptions = {}): JsonText {
  return new Reader(text, options).read();
}

/** The text of an object with these members. */
export function objectText(members: ReadonlyMap<string, string>): string {
  // Appended, not joined: a join copies once for each level that a long text is nested in.
  let text = '';
  for (const [name, value] of members) text += `${text && ','}${JSON.stringify(name)}:${value}`;
  return `{${text}}`;
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const literal = /true|false|null/y;

class Reader {
  readonly #text: string;
  readonly #isUnique: boolean;
  #at = 0;
  #depth = 0;
  #values = 0;
  #members = 0;
  #top: ReadonlyMap<string, string> | undefined;

  constructor(text: string, { unique = false }: JsonOptions) {
    this.#text = text;
    this.#isUnique = unique;
  }

  read(): JsonText {
    this.#skipSpace();
    const text = this.#value();
    if (this.#at < this.#text.length) throw notJson();
    return { text, members: this.#top };
  }

  /** Reads a value and the space after it. */
  #value(): string {
    if (++this.#values > maxValues) throw new InvalidJson('the JSON has too many values');
    const value = this.#bareValue();
    this.#skipSpace();
    return value;
  }

  #bareValue(): string {
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === '{' || first === '[') return this.#nested(first);
    const value = this.#match(number) || this.#match(literal);
    if (value === '') throw notJson();
    return value;
  }

  #nested(first: '{' | '['): string {
    if (++this.#depth > maxDepth) throw new InvalidJson('the JSON is nested too deeply');
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

  #each(end: '}' | ']', readItem: () => void): void {
    if (this.#takes(end)) return;
    do readItem();
    while (this.#takes(','));
    if (!this.#takes(end)) throw notJson();
  }

  #member(members: Map<string, string>): void {
    if (++this.#members > maxMembers) throw new InvalidJson('the JSON has too many members');
    if (this.#text[this.#at] !== '"') throw notJson();
    const name: string = JSON.parse(this.#string());
    this.#skipSpace();
    if (!this.#takes(':')) throw notJson();
    if (this.#isUnique && members.has(name)) throw new DuplicateMember('the JSON has a duplicate member');
    members.set(name, this.#value());
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

  /** What the pattern matches here, or an empty text. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [match = ''] = pattern.exec(this.#text) ?? [];
    this.#at += match.length;
    return match;
  }

  /** Whether a character stands here; if so, skips it and the space after it. */
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

function notJson(): InvalidJson {
  return new InvalidJson('the body is not JSON');
}
