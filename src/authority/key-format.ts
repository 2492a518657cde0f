import { crc32 } from '../base/crc32.ts';

/**
 * The format of what the authority issues: keys are `sk_<id>_<secret>_<checksum>`, session tokens the same with `ses`,
 * base 62 throughout.
 *
 * - id: 16 characters, public; identifies the key or the session.
 * - secret: 43 characters, at least 256 random bits.
 * - checksum: CRC-32 of everything before it, 6 characters, to detect typing errors and leaks without a server.
 */
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const idLength = 16;
const secretLength = 43;
const checksumLength = 6;
const shape = new RegExp(
  `^((sk|ses)_([0-9A-Za-z]{${idLength}})_[0-9A-Za-z]{${secretLength}})_([0-9A-Za-z]{${checksumLength}})$`,
);

/** `sk`: a key; `ses`: a session token. */
export type Kind = 'sk' | 'ses';

/** Loaded on first use: it takes milliseconds, and listing keys does without. */
const crypto = () => process.getBuiltinModule('node:crypto');

export interface MintedValue {
  id: string;
  /** The whole value, shown once. */
  value: string;
  /** SHA-256 of the whole value: all that is stored. */
  hash: Buffer;
  /** The public part of the value: `sk_<id>`. */
  prefix: string;
}

export function mint(kind: Kind): MintedValue {
  const id = randomText(idLength);
  const prefix = `${kind}_${id}`;
  const body = `${prefix}_${randomText(secretLength)}`;
  const value = `${body}_${checksum(body)}`;
  return { id, value, hash: hashOf(value), prefix };
}

/** The id in a value; undefined if the text does not have our format or its checksum is wrong. */
export function idOf(kind: Kind, value: string): string | undefined {
  const [, body, valueKind, id, sum] = shape.exec(value) ?? [];
  return body !== undefined && valueKind === kind && checksum(body) === sum ? id : undefined;
}

/** The ids that a text would have if it were a key or a part of one, alone or as `<id>:<secret>`. */
export function idsWithin(text: string): string[] {
  const own = text.startsWith('sk_') ? [text.slice(3, 3 + idLength)] : [];
  const [, before] = /^([^:]{1,100}):./s.exec(text) ?? [];
  return before === undefined ? own : [...own, before];
}

/** Whether a text has our format but a wrong checksum, so it was never issued. */
export function isMistyped(kind: Kind, value: string): boolean {
  return shape.exec(value)?.[2] === kind && idOf(kind, value) === undefined;
}

/** Whether a value has this hash. Takes the same time wherever they differ. */
export function matches(value: string, hash: Uint8Array): boolean {
  return crypto().timingSafeEqual(hashOf(value), hash);
}

/** SHA-256. */
export function hashOf(text: string): Buffer {
  return crypto().hash('sha256', text, 'buffer');
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < checksumLength; digit++) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}

/** Uniform over the alphabet: discards bytes past the last multiple of 62. */
function randomText(length: number): string {
  const limit = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of crypto().randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
