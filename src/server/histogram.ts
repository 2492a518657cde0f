/** What falls under one label. */
interface Distribution {
  /** How many amounts fall into each bucket and no earlier one; the last: into none. */
  counts: number[];
  sum: number;
}

/** A histogram of prom-client's form. Its own takes as long to check the labels of one value as a decision takes. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #label: string;
  readonly #distributions = new Map<string, Distribution>();

  /** `bounds`: the largest amount of each bucket, in order. `label`: the name of the one label. */
  constructor(bounds: readonly number[], label: string) {
    this.#bounds = bounds;
    this.#label = label;
  }

  add(labelValue: string, amount: number): void {
    let distribution = this.#distributions.get(labelValue);
    if (!distribution) {
      distribution = { counts: Array(this.#bounds.length + 1).fill(0), sum: 0 };
      this.#distributions.set(labelValue, distribution);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && amount > (this.#bounds[bucket] as number)) bucket += 1;
    distribution.counts[bucket] = (distribution.counts[bucket] as number) + 1;
    distribution.sum += amount;
  }

  /** The values of a histogram of this name, as a registry of prom-client takes them. */
  valuesOf(name: string): object[] {
    return [...this.#distributions].flatMap(([labelValue, { counts, sum }]) => {
      const labels = { [this.#label]: labelValue };
      let count = 0;
      const upTo = counts.map((number, index) => {
        count += number;
        return {
          metricName: `${name}_bucket`,
          labels: { le: this.#bounds[index] ?? '+Inf', ...labels },
          value: count,
        };
      });
      const sums = [
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
      return [...upTo, ...sums];
    });
  }
}
