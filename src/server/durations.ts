const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** The durations of one route, in seconds. */
interface RouteDurations {
  /** How many fall into each bucket and no earlier one; the last: into none. */
  counts: number[];
  sum: number;
}

/** A histogram of prom-client's form. Its own takes as long to check the labels of one value as a decision takes. */
export class Durations {
  readonly #byRoute = new Map<string, RouteDurations>();

  add(route: string, seconds: number): void {
    let durations = this.#byRoute.get(route);
    if (!durations) {
      durations = { counts: Array(buckets.length + 1).fill(0), sum: 0 };
      this.#byRoute.set(route, durations);
    }
    let bucket = 0;
    while (bucket < buckets.length && seconds > (buckets[bucket] as number)) bucket += 1;
    durations.counts[bucket] = (durations.counts[bucket] as number) + 1;
    durations.sum += seconds;
  }

  /** The values of a histogram of this name, as a registry of prom-client takes them. */
  valuesOf(name: string): object[] {
    return [...this.#byRoute].flatMap(([route, { counts, sum }]) => {
      let count = 0;
      const upTo = counts.map((number, index) => {
        count += number;
        return {
          metricName: `${name}_bucket`,
          labels: { le: buckets[index] ?? '+Inf', route },
          value: count,
        };
      });
      const labels = { route };
      const sums = [
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ];
      return [...upTo, ...sums];
    });
  }
}
