/**
 * The shape of what the authority gives out: keys are `sk_<id>_<secret>_<checksum>`, session tokens the same with `ses`,
 * base 62 throughout.
 *
 * - id: 16 characters, public; what the API and the user address the key or the session by.
 * - secret: 43 characters, at least 256 random bits.
 * - checksum: CRC-32 of all that stands before it, 6 characters, so that a typing error or a leak scan needs no server.
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

/** Loaded when they are first needed: they take a millisecond each, and listing keys needs none of them. */
const crypto = () => process.getBuiltinModule('node:crypto');
const zlib = () => process.getBuiltinModule('node:zlib');

export interface Minted {
  id: string;
  /** The whole value, given out once. */
  value: string;
  /** SHA-256 of the whole value: all that is kept. */
  hash: Buffer;
  /** The part of the value that may be shown: `sk_<id>`. */
  prefix: string;
}

export function mint(kind: Kind): Minted {
  const id = randomText(idLength);
  const prefix = `${kind}_${id}`;
  const body = `${prefix}_${randomText(secretLength)}`;
  const value = `${body}_${checksum(body)}`;
  return { id, value, hash: hashOf(value), prefix };
}

/** The id in a value, or undefined where the text has not the shape or not the checksum of one of ours. */
export function idOf(kind: Kind, value: string): string | undefined {
  const [, body, given, id, sum] = shape.exec(value) ?? [];
  return body !== undefined && given === kind && checksum(body) === sum ? id : undefined;
}

/** Whether a text has the shape of ours and not the checksum: no value is issued like that. */
export function isMistyped(kind: Kind, value: string): boolean {
  return shape.exec(value)?.[2] === kind && idOf(kind, value) === undefined;
}

/** Whether the value is the one whose hash is kept; takes the same time wherever they differ. */
export function matches(value: string, hash: Uint8Array): boolean {
  return crypto().timingSafeEqual(hashOf(value), hash);
}

/** SHA-256. */
export function hashOf(text: string): Buffer {
  return crypto().hash('sha256', text, 'buffer');
}

function checksum(body: string): string {
  let rest = zlib().crc32(body);
  let text = '';
  for (let place = 0; place < checksumLength; place++) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}

/** Uniform over the alphabet: bytes past the last whole multiple of 62 are thrown away. */
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
