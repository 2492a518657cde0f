import { randomFillSync } from 'node:crypto';

/** Made together, because making one takes longer than reading its request. */
const idsAtOnce = 256;

const idLength = 36;
const hexDigits = Buffer.from('0123456789abcdef');
const dash = 0x2d;

const bytes = Buffer.alloc(16 * idsAtOnce);
const characters = Buffer.alloc(idLength * idsAtOnce, dash);
let text = '';
let next = idsAtOnce;

/** A random UUID (RFC 9562, version 4) for a request. */
export function requestId(): string {
  if (next === idsAtOnce) refill();
  const start = idLength * next++;
  return text.slice(start, start + idLength);
}

function refill(): void {
  randomFillSync(bytes);
  for (let id = 0; id < idsAtOnce; id++) {
    const start = 16 * id;
    bytes[start + 6] = ((bytes[start + 6] as number) & 0x0f) | 0x40;
    bytes[start + 8] = ((bytes[start + 8] as number) & 0x3f) | 0x80;
    let at = idLength * id;
    for (let index = 0; index < 16; index++) {
      if (index === 4 || index === 6 || index === 8 || index === 10) at += 1;
      const byte = bytes[start + index] as number;
      characters[at++] = hexDigits[byte >> 4] as number;
      characters[at++] = hexDigits[byte & 15] as number;
    }
  }
  text = characters.toString('latin1');
  next = 0;
}
