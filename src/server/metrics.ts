import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { CounterConfiguration, Metric } from 'prom-client';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { GateFigures } from '../authority/store/use-gate.ts';
import { registerGate } from './gate-metrics.ts';
import { Histogram } from './histogram.ts';

/** One of several processes that share the port. */
export interface WorkerCounts {
  /** From 1: the label `worker` of what it counts. */
  number: number;
  /** The texts of all processes. */
  allCounts(): Promise<readonly string[]>;
}

/** Counters for Prometheus. Labels are routes, methods and codes only: keys and users would be too many. */
export class Metrics {
  readonly registry = new Registry();
  /** By their labels in the order of the counter, joined by spaces. */
  readonly #requests = new Map<string, number>();
  readonly #decisions = new Map<string, number>();
  readonly #durations = new Histogram(
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    'route',
  );
  readonly #batches = new Histogram([1, 2, 4, 8, 16, 32, 64, 256, 1024, 4096], 'of');
  readonly #tokens: Counter;
  readonly #cost: Counter;
  readonly #unpriced: Counter;

  readonly #worker: WorkerCounts | undefined;

  constructor(version: string, worker?: WorkerCounts) {
    this.#worker = worker;
    // A sum would fall when a worker is replaced, which a reader takes for a restart of all.
    if (worker) this.registry.setDefaultLabels({ worker: String(worker.number) });
    const registers = [this.registry];
    countLate(this.#requests, {
      name: 'keys_http_requests_total',
      help: 'Requests answered.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.#register(
      this.#durations,
      'keys_http_request_duration_seconds',
      'Time from the request to the end of its response.',
    );
    this.#register(
      this.#batches,
      'keys_batch_size',
      'Uses that were decided on together (decisions), and written together (uses).',
    );
    countLate(this.#decisions, {
      name: 'keys_decisions_total',
      help: 'Uses of keys, allowed (code OK) or refused.',
      labelNames: ['code'],
      registers,
    });
    this.#tokens = new Counter({ name: 'keys_tokens_total', help: 'Metered tokens.', registers });
    this.#cost = new Counter({
      name: 'keys_cost_usd_total',
      help: 'Metered cost in US dollars.',
      registers,
    });
    this.#unpriced = new Counter({
      name: 'keys_unpriced_calls_total',
      help: 'Forwarded calls that were counted without a cost, because neither the response nor --prices names one.',
      registers,
    });
    new Gauge({ name: 'keys_info', help: 'The version of keys.', labelNames: ['version'], registers })
      .labels(version)
      .set(1);
    collectDefaultMetrics({ register: this.registry });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  decided(code: string): void {
    this.#decisions.set(code, (this.#decisions.get(code) ?? 0) + 1);
  }

  answered(route: string, method: string, status: number, elapsedMs: number): void {
    const labels = `${route} ${method} ${status}`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    this.#durations.add(route, elapsedMs / 1000);
  }

  unpriced(): void {
    this.#unpriced.inc();
  }

  metered(tokens: number, costUsd: number): void {
    this.#tokens.inc(tokens);
    this.#cost.inc(costUsd);
  }

  /** A batch of `decisions` or of `uses` went to the database. */
  batched(of: 'decisions' | 'uses', size: number): void {
    this.#batches.add(of, size);
  }

  /** Shows what the gate counts as well. */
  watchGate(figures: () => GateFigures): void {
    registerGate(this.registry, figures);
  }

  #register(histogram: Histogram, name: string, help: string): void {
    const values = () => histogram.valuesOf(name);
    const get = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: values() });
    // A registry asks a metric for its name and its values only.
    this.registry.registerMetric({ name, get } as unknown as Metric<string>);
  }

  /** Counts every response of a server, and serves the counters at `/metrics` to callers that `check` does not reject. */
  serve(app: FastifyInstance, check: (request: FastifyRequest) => Promise<void>): void {
    app.addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      this.answered(route, request.method, reply.statusCode, reply.elapsedTime);
      done();
    });
    app.get('/metrics', async (request, reply) => {
      await check(request);
      reply.type(this.registry.contentType);
      return this.#worker ? mergedCounts(await this.#worker.allCounts()) : this.text();
    });
  }
}

/** A counter that takes its counts when it is read: finding its place by its labels takes longer than counting. */
function countLate(counts: Map<string, number>, configuration: CounterConfiguration<string>): void {
  const counter = new Counter({
    ...configuration,
    collect() {
      for (const [labels, count] of counts) counter.labels(...labels.split(' ')).inc(count);
      counts.clear();
    },
  });
}

/** Texts of several processes as one: what is counted under one name stands together, as the format demands. */
export function mergedCounts(texts: readonly string[]): string {
  const metrics = new Map<string, string[]>();
  for (const part of texts.flatMap((text) => text.split(/^(?=# HELP )/m))) {
    const [help = '', type = '', ...values] = part.trimEnd().split('\n');
    if (help === '') continue;
    const head = `${help}\n${type}`;
    metrics.set(head, [...(metrics.get(head) ?? []), ...values]);
  }
  return [...metrics].map(([head, values]) => [head, ...values, ''].join('\n')).join('\n');
}
