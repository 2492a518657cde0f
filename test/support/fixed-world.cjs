// Loaded before the program (`node --require`): its clock stands still at SCREEN_NOW, and chance follows from SCREEN_SEED, so
// that a screen has the same times and ids wherever it is made.
const crypto = require('node:crypto');

const now = Date.parse(process.env.SCREEN_NOW);
const RealDate = Date;
globalThis.Date = class FixedDate extends RealDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now] : parts));
  }
  static now() {
    return now;
  }
};

let drawn = 0;
/** Bytes that follow from the seed and from how many were drawn before. */
function bytes(count) {
  const blocks = [];
  for (let size = 0; size < count; size += 32) {
    drawn += 1;
    blocks.push(crypto.createHash('sha256').update(`${process.env.SCREEN_SEED} ${drawn}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, count);
}

crypto.randomBytes = (count) => bytes(count);
crypto.randomInt = (low, high) => {
  const [least, limit] = high === undefined ? [0, low] : [low, high];
  return least + (bytes(4).readUInt32BE() % (limit - least));
};
