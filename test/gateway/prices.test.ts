import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Price } from '../../src/gateway/prices.ts';
import { Prices } from '../../src/gateway/prices.ts';
import type { TokenCounts } from '../../src/gateway/token-counts.ts';
import { countsIn, withInputOf } from '../../src/gateway/token-counts.ts';

/** Prices in US dollars for a million tokens. */
function price(input: number, output = 0, cached = input, requestUsd = 0): Price {
  const whole = (amount: number) => BigInt(Math.round(amount * 1e6));
  return {
    input: whole(input),
    output: whole(output),
    cached: whole(cached),
    request: whole(requestUsd) * 1_000_000n,
  };
}

const counts = (fields: Partial<TokenCounts>): TokenCounts => ({
  input: 0,
  cached: 0,
  output: 0,
  unknown: 0,
  ...fields,
});
const asking = (asked: string | undefined, answered?: string) => ({ asked, answered });

describe('the price of a model', () => {
  const exact = price(1);
  const mini = price(2);
  const every = price(3);
  const prices = new Prices([
    ['gpt-4o*', mini],
    ['gpt-4o', exact],
    ['vendor/*/large', exact],
    ['a.b', exact],
    ['*', every],
  ]);

  test.each([
    ['gpt-4o', exact],
    ['gpt-4o-mini', mini],
    ['vendor/eu/x/large', exact],
    ['a.b', exact],
    ['axb', every],
    ['', every],
    ['line\nbreak', every],
  ])('%j: its name first, then the first pattern', (model, expected) => {
    expect(prices.of(model)).toBe(expected);
  });

  test('without a name or an entry there is none', () => {
    expect(prices.of(undefined)).toBeUndefined();
    expect(new Prices([['gpt-4o', exact]]).of('gpt-4o-mini')).toBeUndefined();
    expect(new Prices([['gpt-4o', exact]]).costOf(asking('o3'), counts({ input: 1 }))).toBeUndefined();
  });

  test('the model that answered counts if it is dearer, unless only the pattern for all names it', () => {
    const cost = (asked: string | undefined, answered: string) =>
      prices.costOf(asking(asked, answered), counts({ input: 1_000_000 }));
    expect(cost('gpt-4o', 'gpt-4o-2024-08-06')).toBe(2);
    expect(cost('gpt-4o-mini', 'gpt-4o')).toBe(2);
    expect(cost('gpt-4o', 'my-deployment')).toBe(1);
    expect(cost(undefined, 'my-deployment')).toBe(3);
  });
});

describe('the cost of a call', () => {
  const prices = new Prices([['m', price(2.5, 10, 1.25, 0.01)]]);
  const cost = (fields: Partial<TokenCounts>) => prices.costOf(asking('m'), counts(fields));

  test.each<[Partial<TokenCounts>, number]>([
    [{}, 0.01],
    [{ input: 1_000_000 }, 2.51],
    [{ cached: 1_000_000 }, 1.26],
    [{ output: 1_000_000 }, 10.01],
    [{ input: 1000, cached: 1000, output: 1000 }, 0.02375],
    // What is not told apart counts as the dearer kind.
    [{ unknown: 1_000_000 }, 10.01],
    // Rounded up to a millionth of a dollar.
    [{ cached: 1 }, 0.010002],
  ])('%j costs %d', (fields, expected) => {
    expect(cost(fields)).toBe(expected);
  });

  test('no token with a price is free, and sums are exact where floating point is not', () => {
    const cheap = new Prices([['m', price(0.000001)]]);
    expect(cheap.costOf(asking('m'), counts({ input: 1 }))).toBe(0.000001);
    expect(cheap.costOf(asking('m'), counts({}))).toBe(0);
    const tenth = new Prices([['m', price(0.1, 0.2)]]);
    expect(tenth.costOf(asking('m'), counts({ input: 10, output: 10 }))).toBe(0.000003);
  });

  test('more tokens never cost less, and the cost is a whole number of millionths', () => {
    const amount = fc.nat(1e9);
    fc.assert(
      fc.property(amount, amount, amount, fc.nat(1e6), (input, cached, output, more) => {
        const [less = 0, rest = 0] = [
          cost({ input, cached, output }),
          cost({ input: input + more, cached, output }),
        ];
        expect(rest).toBeGreaterThanOrEqual(less);
        expect(Math.round(less * 1e6) / 1e6).toBe(less);
      }),
    );
  });

  test('a table that is replaced counts from the next call on', () => {
    const table = new Prices([['m', price(1)]]);
    table.replace([['m', price(2)]]);
    expect(table.costOf(asking('m'), counts({ input: 1_000_000 }))).toBe(2);
  });
});

describe('the tokens of a usage block', () => {
  test.each<[object, Partial<TokenCounts>]>([
    [
      { prompt_tokens: 7, completion_tokens: 4, total_tokens: 11 },
      { input: 7, output: 4 },
    ],
    [
      { prompt_tokens: 7, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 5 } },
      { input: 2, cached: 5, output: 4 },
    ],
    [
      { input_tokens: 7, output_tokens: 4, input_tokens_details: { cached_tokens: 7 } },
      { cached: 7, output: 4 },
    ],
    // Anthropic counts what was cached apart.
    [
      { input_tokens: 7, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 4 },
      { input: 27, cached: 100, output: 4 },
    ],
    // A gateway repeats it beside a sum that contains it.
    [
      { prompt_tokens: 107, prompt_tokens_details: { cached_tokens: 100 }, cache_read_input_tokens: 100 },
      { input: 7, cached: 100 },
    ],
    [
      { prompt_tokens: 7, prompt_cache_hit_tokens: 3, completion_tokens: 1 },
      { input: 4, cached: 3, output: 1 },
    ],
    [
      { prompt_tokens: 7, completion_tokens: 4, total_tokens: 31 },
      { input: 7, output: 24 },
    ],
    [{ prompt_tokens: 7, total_tokens: 7 }, { input: 7 }],
    [
      { prompt_tokens: 7, total_tokens: 9 },
      { input: 7, unknown: 2 },
    ],
    [{ total_tokens: 11 }, { unknown: 11 }],
    // Absurd values count as absent, and no cache holds more than was asked.
    [
      { prompt_tokens: 7, prompt_tokens_details: { cached_tokens: 1e9 }, completion_tokens: 1 },
      { cached: 7, output: 1 },
    ],
    [
      { prompt_tokens: 7, completion_tokens: 1, prompt_tokens_details: { cached_tokens: -5 } },
      { input: 7, output: 1 },
    ],
  ])('%j', (usage, expected) => {
    expect(countsIn(usage)).toEqual(counts(expected));
  });

  test.each([{}, { cost: 1 }, null, 'x', { prompt_tokens: '7' }])('%j has none', (usage) => {
    expect(countsIn(usage)).toBeUndefined();
  });

  test('the first event of a message has the input, the last one the output', () => {
    const first = counts({ input: 20, cached: 5, output: 1 });
    expect(withInputOf(counts({ output: 9 }), first)).toEqual(counts({ input: 20, cached: 5, output: 9 }));
    expect(withInputOf(counts({ input: 1, output: 9 }), first)).toEqual(counts({ input: 1, output: 9 }));
    expect(withInputOf(counts({ output: 9 }), undefined)).toEqual(counts({ output: 9 }));
  });
});
