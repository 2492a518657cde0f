/* Small pictures of a series. Zero is drawn as a gap, and anything more as something. */

const blocks = '▁▂▃▄▅▆▇█';
const marks = '.:-=+*#@';

/** A character per value, as high as its share of the greatest one. */
export function sparkline(values: readonly number[], unicode: boolean, none = ' '): string {
  const levels = unicode ? blocks : marks;
  const most = greatest(values);
  return values.map((value) => levels[levelOf(value, most, levels.length) - 1] ?? none).join('');
}

/** A character per two values: four dots high in braille, their sum as a mark in ASCII. */
export function narrowSparkline(values: readonly number[], unicode: boolean): string {
  if (!unicode) return sparkline(sumsOfPairs(values), false);
  const most = greatest(values);
  let line = '';
  for (let index = 0; index < values.length; index += 2) {
    const left = leftDots[levelOf(values[index] ?? 0, most, 4)] ?? 0;
    const right = rightDots[levelOf(values[index + 1] ?? 0, most, 4)] ?? 0;
    line += left + right === 0 ? ' ' : String.fromCharCode(0x2800 + left + right);
  }
  return line;
}

function sumsOfPairs(values: readonly number[]): number[] {
  return Array.from(
    { length: Math.ceil(values.length / 2) },
    (_, index) => (values[index * 2] ?? 0) + (values[index * 2 + 1] ?? 0),
  );
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => (value > most ? value : most), 0);
}

/** The dots of a column of a braille character, from the bottom up. */
const leftDots = [0, 0x40, 0x44, 0x46, 0x47];
const rightDots = [0, 0x80, 0xa0, 0xb0, 0xb8];

/** 0 for nothing; else 1 to `count`. */
export function levelOf(value: number, most: number, count: number): number {
  if (!(value > 0) || most <= 0) return 0;
  return Math.max(1, Math.min(count, Math.round((value / most) * count)));
}
