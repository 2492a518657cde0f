import type { TokenCounts } from './token-counts.ts';

/** The price of a model. Tokens in millionths of a millionth of a US dollar each: whole numbers, so that sums are exact. */
export interface Price {
  input: bigint;
  /** Of the input, what the upstream read from its cache. */
  cached: bigint;
  output: bigint;
  /** Each call, in the same unit. */
  request: bigint;
}

/** What models cost, by names in which `*` stands for any characters. */
export type PriceTable = readonly (readonly [pattern: string, price: Price])[];

/** Prices that can be replaced while calls run. */
export class Prices {
  #exact = new Map<string, Price>();
  #patterns: readonly { expression: RegExp; isCatchAll: boolean; price: Price }[] = [];

  constructor(table: PriceTable = []) {
    this.replace(table);
  }

  replace(table: PriceTable): void {
    this.#exact = new Map(table.filter(([name]) => !name.includes('*')));
    this.#patterns = table
      .filter(([pattern]) => pattern.includes('*'))
      .map(([pattern, price]) => ({
        expression: new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`, 's'),
        isCatchAll: /^\*+$/.test(pattern),
        price,
      }));
  }

  /** The price of a model: that of its name, else that of the first pattern which matches. */
  of(model: string | undefined): Price | undefined {
    if (model === undefined) return undefined;
    return this.#exact.get(model) ?? this.#patterns.find(({ expression }) => expression.test(model))?.price;
  }

  /**
   * What a call costs in US dollars, rounded up to a millionth, so that no call with a price is free. The model that
   * answered counts in place of the one that was asked for if it is dearer by an entry of its own: an upstream may choose
   * among several. Undefined: neither has a price.
   */
  costOf(models: CallModels, counts: TokenCounts): number | undefined {
    const asked = this.of(models.asked);
    const answered = asked ? this.#ownOf(models.answered) : this.of(models.answered);
    const amounts = [asked, answered].flatMap((price) => (price ? [amountOf(price, counts)] : []));
    const [amount, other = 0n] = amounts;
    if (amount === undefined) return undefined;
    return Number(roundedUp(amount > other ? amount : other)) / 1_000_000;
  }

  /** As `of`, apart from a pattern that matches everything. */
  #ownOf(model: string | undefined): Price | undefined {
    if (model === undefined) return undefined;
    const patterns = this.#patterns.filter(({ isCatchAll }) => !isCatchAll);
    return this.#exact.get(model) ?? patterns.find(({ expression }) => expression.test(model))?.price;
  }
}

export interface CallModels {
  /** In the request. */
  asked: string | undefined;
  /** In the response. */
  answered: string | undefined;
}

/** Tokens of which nothing is known count as the dearer kind. */
function amountOf(price: Price, { input, cached, output, unknown }: TokenCounts): bigint {
  const dearer = price.input > price.output ? price.input : price.output;
  return (
    price.request +
    BigInt(input) * price.input +
    BigInt(cached) * price.cached +
    BigInt(output) * price.output +
    BigInt(unknown) * dearer
  );
}

const perMicro = 1_000_000n;

function roundedUp(amount: bigint): bigint {
  return (amount + perMicro - 1n) / perMicro;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
