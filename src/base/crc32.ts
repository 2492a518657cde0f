/** Two steps by four bits take the place of one by a table of 256 entries, which costs more to fill than a short text takes. */
const table = Array.from({ length: 16 }, (_, index) => {
  let rest = index;
  for (let bit = 0; bit < 4; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** CRC-32 (ISO/IEC 3309) of an ASCII text, as node:zlib has it, which takes a millisecond to load. */
export function crc32(text: string): number {
  let sum = 0xffffffff;
  for (let at = 0; at < text.length; at++) {
    sum ^= text.charCodeAt(at);
    for (let half = 0; half < 2; half++) sum = (sum >>> 4) ^ (table[sum & 15] as number);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
