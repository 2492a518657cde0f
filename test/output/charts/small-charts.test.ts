import { Chalk } from 'chalk';
import { describe, expect, test } from 'vitest';
import { bar, meter } from '../../../src/output/charts/meter.ts';
import { narrowSparkline, sparkline } from '../../../src/output/charts/sparkline.ts';
import { isNarrow } from '../../../src/output/typesetting.ts';

const style = new Chalk({ level: 0 });
const series = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 8];

describe('a sparkline', () => {
  test('has a character per value, and a gap for zero', () => {
    expect(sparkline(series, true)).toBe(' ▁▂▃▄▅▆▇█  █');
    expect(sparkline(series, false)).toBe(' .:-=+*#@  @');
  });

  test('has half as many characters where there is less room', () => {
    expect(narrowSparkline(series, true)).toMatchInlineSnapshot(`"⢀⣠⣴⣾⡇⢸"`);
    expect(narrowSparkline(series, false)).toMatchInlineSnapshot(`".-*@++"`);
  });

  test.each([
    ['nothing', [], ''],
    ['only zeros', [0, 0], '  '],
    ['one value', [3], '█'],
    ['huge values', [1, Number.MAX_SAFE_INTEGER], '▁█'],
    ['what is no number', [Number.NaN, -4, 2], '  █'],
  ])('draws %s', (_, values, expected) => {
    expect(sparkline(values, true)).toBe(expected);
    expect(narrowSparkline(values, true)).toHaveLength(Math.ceil(values.length / 2));
  });

  test('needs no library to be measured', () => {
    expect(isNarrow(sparkline(series, true) + narrowSparkline(series, true))).toBe(true);
    expect(isNarrow(bar(0.33, 9, true) + meter(0.5, 9, { style, unicode: true }, style.red))).toBe(true);
  });
});

test.each([
  [0, '░░░░░░░░░░', '..........'],
  [0.001, '█░░░░░░░░░', '#.........'],
  [0.5, '█████░░░░░', '#####.....'],
  [0.999, '█████████░', '#########.'],
  [1, '██████████', '##########'],
  [7, '██████████', '##########'],
  [-1, '░░░░░░░░░░', '..........'],
  [Number.NaN, '░░░░░░░░░░', '..........'],
])('a meter at %d is %s', (share, unicode, ascii) => {
  expect(meter(share, 10, { style, unicode: true }, style.green)).toBe(unicode);
  expect(meter(share, 10, { style, unicode: false }, style.green)).toBe(ascii);
});

test.each([
  [0, '', ''],
  [0.0001, '▏', '#'],
  [0.44, '████▍', '####'],
  [1, '██████████', '##########'],
  [Number.NaN, '', ''],
])('a bar of %d is %s', (share, unicode, ascii) => {
  expect(bar(share, 10, true)).toBe(unicode);
  expect(bar(share, 10, false)).toBe(ascii);
});
