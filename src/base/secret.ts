import { minEncodedLength, SecretForms } from './secret-forms.ts';

/** A secret is a type: whatever prints it by accident prints `****`. Only `reveal` gives the value. */
export class Secret {
  readonly #value: string;
  #forms: SecretForms | undefined;
  readonly #prefixed = new Map<string, Secret>();

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. A test lists every file that calls this: a new one is a decision, not an accident. */
  reveal(): string {
    return this.#value;
  }

  /** The value with a prefix, such as `Bearer `: also a secret. */
  prefixed(text: string): Secret {
    // The same object for each request, because its forms take long to work out.
    const prefixedSecret = this.#prefixed.get(text) ?? this.mapped((value) => `${text}${value}`);
    this.#prefixed.set(text, prefixedSecret);
    return prefixedSecret;
  }

  /** The value in another form, such as base64: also a secret. */
  mapped(change: (value: string) => string): Secret {
    return new Secret(change(this.#value));
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  contains(other: Secret): boolean {
    return this.#value.includes(other.#value);
  }

  matches(pattern: RegExp): boolean {
    return pattern.test(this.#value);
  }

  /** Whether a text that has any form of this value certainly has one of the other, which is a part of it. */
  implies(other: Secret): boolean {
    const [whole, part] = [this.#value, other.#value];
    const hasAllForms = part.length >= minEncodedLength && !whole.includes('\\');
    return hasAllForms && whole.length > part.length && whole.includes(part);
  }

  /** The forms in which others may repeat the value, for texts that come in pieces. */
  get forms(): SecretForms {
    this.#forms ??= new SecretForms(this.#value);
    return this.#forms;
  }

  /** The text of others, who were told the value, with every form of it replaced by `****`. */
  hideIn(text: string): string {
    return this.isIn(text) ? this.forms.hideIn(text) : text;
  }

  /** Whether a text has any form of the value. */
  isIn(text: string): boolean {
    return !isShorter(text, this.#value) && this.forms.isIn(text);
  }

  toString(): string {
    return '****';
  }

  toJSON(): string {
    return '****';
  }

  [Symbol.toPrimitive](): string {
    return '****';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '****';
  }
}

/** Of one character of a JavaScript string. */
const maxUtf8Bytes = 3;

/** Too short for any form of a value: none takes fewer bytes, but for a value whose backslashes are taken as escapes. */
function isShorter(text: string, value: string): boolean {
  if (text.length >= value.length * maxUtf8Bytes) return false;
  return Buffer.byteLength(text) < Buffer.byteLength(value) && !value.includes('\\');
}

/** The authority's own keys and session tokens are known exactly, also in the middle of something else. */
export const authorityShape = /(?:sk|ses)_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/;

/**
 * Shapes in which key-management APIs issue secrets: a vendor's prefix and then many more characters. Ids, hashes and
 * the short prefix by which a key is shown (`sk_<id>`) are not among them: they are legitimate arguments.
 */
const shapes = [
  authorityShape,
  /\bsk_[0-9A-Za-z]{8,}_[0-9A-Za-z]{16,}(?:_[0-9A-Za-z]+)?/,
  /\b(?:sk|pk|rk)[-_][0-9A-Za-z][0-9A-Za-z_-]{19,}/,
  /\b(?:gh[oprsu]|github_pat|glpat|glsa|pckey|xai|gsk|pplx|nvapi|xox[abeoprs])[-_][0-9A-Za-z][0-9A-Za-z_-]{15,}/,
  // These begin names too, such as `re-index-the-archive`: only with many characters in a row, or the end of a UUID.
  /\b(?:npm|re|hf|pat)[-_](?=[\w-]{0,200}(?:[0-9A-Za-z]{16}|[0-9a-f]{4}-[0-9a-f]{12}))[0-9A-Za-z][0-9A-Za-z_-]{15,}/,
  /\bAIza[0-9A-Za-z_-]{30,}/,
  /\bSG\.[0-9A-Za-z_-]{16,}(?:\.[0-9A-Za-z_-]+)?/,
  /(?<![0-9A-Za-z_-])eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}(?:\.[0-9A-Za-z_-]+)?/,
  // An access key id of AWS is no secret; with its secret beside it, it is one.
  /\bA[KS]IA[0-9A-Z]{16}:[0-9A-Za-z/+]{16,}/,
  // `<access key id>:<secret>`; the id has a digit, which the names of sinks and of URL schemes have not.
  /\b(?=[A-Za-z_-]{0,40}\d)[0-9A-Za-z_-]{8,40}:[0-9A-Za-z_-]{16,}/,
];

const everywhere = shapes.map((shape) => new RegExp(shape, 'g'));

/** Every shape has such a row of characters, and most texts have none: this runs for each argument and each use of a key. */
const longRow = /[\w-]{13}/;

/** Whether a text holds what looks like the full value of a key or of a session token. */
export function looksLikeSecret(text: string): boolean {
  return longRow.test(text) && shapes.some((shape) => shape.test(text));
}

/** The text with everything that looks like a secret replaced by `****`: for messages that quote what a user typed. */
export function maskSecrets(text: string): string {
  if (!longRow.test(text)) return text;
  return everywhere.reduce((maskedText, shape) => maskedText.replace(shape, '****'), text);
}

/** The parts of a text that look like the full value of a key, each once; none that is a part of another one. */
export function secretsIn(text: Secret): Secret[] {
  const matches = new Set<string>();
  text.mapped((plain) => {
    for (const shape of shapes)
      for (const [match] of plain.matchAll(new RegExp(shape, 'g'))) matches.add(match);
    return '';
  });
  const all = [...matches];
  return all
    .filter((one) => !all.some((other) => other !== one && other.includes(one)))
    .map((one) => new Secret(one));
}
