import fc from 'fast-check';

const surrogates = 0xe000 - 0xd800;

/** Every character of Unicode. fast-check's own `binary` first makes a table of all of them, which takes a second. */
export const anyCharacter = fc
  .nat({ max: 0x10ffff - surrogates })
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + surrogates));
