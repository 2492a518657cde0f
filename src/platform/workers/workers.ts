import type { Worker } from 'node:cluster';
import cluster from 'node:cluster';
import { once } from 'node:events';
import type { Failure } from '../../base/errors.ts';
import { KeysError } from '../../base/errors.ts';
import { programArguments } from '../child-entry.ts';
import type { Environment } from '../env.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

export interface WorkersOptions {
  count: number;
  /** The command line of each worker, without the program. */
  words: readonly string[];
  /** The variables that each worker has, over a channel that others cannot look into. */
  env: Environment;
  /** How long a worker takes to stop at most, in milliseconds. After that it is killed. */
  stopMs: number;
  /** Receives news of a worker that ended. */
  onReplace(text: string): void;
}

/** Before a worker that ended is replaced; doubled each time until one has lasted. */
const firstDelayMs = 100;
const maxDelayMs = 10_000;

/** A worker that was ready for so long has lasted. */
const lastingMs = 10_000;

/** So many that ended in a row, none of which lasted, while no other is ready: replacing them does not help. */
const maxFailures = 5;

/** How long to wait for what the workers count. */
const countTimeoutMs = 1_000;

/** The variables that Node.js, OpenSSL and the system's libraries read, and the folder of the program's own files. */
const startVariables =
  /^(?:PATH|PWD|HOME|USER|LOGNAME|TZ|LANG|LC_\w+|TMPDIR|TEMP|TMP|XDG_\w+|KEYS_HOME|LD_LIBRARY_PATH|SSL_CERT_(?:FILE|DIR)|NODE_(?:OPTIONS|EXTRA_CA_CERTS|NO_WARNINGS|V8_COVERAGE|USE_SYSTEM_CA)|UV_THREADPOOL_SIZE|SYSTEM(?:ROOT|DRIVE)|WINDIR|USERPROFILE|(?:LOCAL)?APPDATA|COMSPEC|PATHEXT)$/i;

interface Slot {
  number: number;
  worker: Worker | undefined;
  readyAt: number | undefined;
  /** Why it cannot do its work, as it said itself. */
  failure: Failure | undefined;
}

/** Processes that share one port and do the same work. One that ends is replaced. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #slots: Slot[];
  readonly #ready = withResolvers<string>();
  readonly #ended = withResolvers<void>();
  readonly #questions = new Map<number, (text: string) => void>();
  #failures = 0;
  #replaced = 0;
  #lastQuestion = 0;
  /** All have been ready once. */
  #isReady = false;
  #isStopping = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
    const [exec, ...args] = [...programArguments(), ...options.words];
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    cluster.setupPrimary({ exec: exec ?? '', args, execArgv: [], stdio: [...stdio] });
    this.#slots = Array.from({ length: options.count }, (_, index) => ({
      number: index + 1,
      worker: undefined,
      readyAt: undefined,
      failure: undefined,
    }));
    // Either may have been rejected before it is waited for.
    for (const { promise } of [this.#ready, this.#ended]) promise.catch(() => {});
    for (const slot of this.#slots) this.#start(slot);
  }

  /** The address at which all workers listen. Rejects with `KeysError` if one cannot. */
  get ready(): Promise<string> {
    return this.#ready.promise;
  }

  /** Resolves when all have stopped. Rejects with `KeysError` if they end as often as they are replaced. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** How many are ready, and how many were replaced. */
  get figures(): { ready: number; replaced: number } {
    return { ready: this.#slots.filter(({ readyAt }) => readyAt).length, replaced: this.#replaced };
  }

  reload(): void {
    this.#sendAll({ kind: 'reload' });
  }

  /** Lets all finish what runs; `ended` resolves then. */
  stop(): void {
    this.#isStopping = true;
    this.#sendAll({ kind: 'stop' });
    setTimeout(() => this.#killAll(), this.#options.stopMs).unref();
    this.#settleIfEnded();
  }

  /** Ends all waiting. */
  stopNow(): void {
    this.#sendAll({ kind: 'stopNow' });
  }

  #start(slot: Slot): void {
    const { env } = this.#options;
    const hidden = Object.keys(process.env).filter((name) => !startVariables.test(name));
    const worker = cluster.fork(Object.fromEntries(hidden.map((name) => [name, undefined])));
    slot.worker = worker;
    slot.failure = undefined;
    worker.on('message', (message: FromWorker) => this.#take(slot, worker, message));
    worker.on('error', () => {});
    worker.once('exit', (code: number | null, signal: string | null) =>
      this.#replace(slot, signal || `exit code ${code}`),
    );
    send(worker, { kind: 'start', number: slot.number, env });
    if (this.#isStopping) send(worker, { kind: 'stop' });
  }

  #take(slot: Slot, worker: Worker, message: FromWorker): void {
    if (message.kind === 'ready') {
      slot.readyAt = performance.now();
      if (this.figures.ready < this.#slots.length) return;
      this.#isReady = true;
      this.#ready.resolve(message.url);
    } else if (message.kind === 'failed') slot.failure = message.failure;
    else if (message.kind === 'count') this.#questions.get(message.question)?.(message.text);
    else void this.#tellCounts(worker, message.question);
  }

  #replace(slot: Slot, reason: string): void {
    const hasLasted = slot.readyAt !== undefined && performance.now() - slot.readyAt > lastingMs;
    slot.worker = undefined;
    slot.readyAt = undefined;
    if (this.#isStopping) {
      this.#settleIfEnded();
      return;
    }
    this.#failures = hasLasted ? 1 : this.#failures + 1;
    const error = new KeysError(
      slot.failure ?? {
        code: 'worker_ended',
        message: `worker ${slot.number} ended unexpectedly (${reason})`,
        hints: ['keys serve --workers 1'],
      },
    );
    // The first failure at the start ends all. Later, the other workers serve while one is replaced.
    if (!this.#isReady) {
      this.#isStopping = true;
      this.#ready.reject(error);
      return;
    }
    if (this.#failures >= maxFailures && this.figures.ready === 0) {
      this.#killAll();
      this.#ended.reject(error);
      return;
    }
    const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (this.#failures - 1));
    this.#options.onReplace(`${error.message}; another one starts in ${delayMs / 1000} s`);
    this.#replaced += 1;
    setTimeout(() => {
      if (!this.#isStopping) this.#start(slot);
    }, delayMs);
  }

  async #tellCounts(asker: Worker, question: number): Promise<void> {
    const workers = this.#slots.flatMap(({ worker, readyAt }) => (worker && readyAt ? [worker] : []));
    const texts = await Promise.all(workers.map((worker) => this.#countOf(worker)));
    const known = texts.filter((text) => text !== undefined);
    send(asker, { kind: 'counts', question, texts: [...known, this.#ownCounts()] });
  }

  #countOf(worker: Worker): Promise<string | undefined> {
    this.#lastQuestion += 1;
    const question = this.#lastQuestion;
    return new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(resolve, countTimeoutMs, undefined);
      this.#questions.set(question, (text) => {
        clearTimeout(timer);
        resolve(text);
      });
      send(worker, { kind: 'count', question });
    }).finally(() => this.#questions.delete(question));
  }

  /** In the text format of Prometheus, as what the workers count. */
  #ownCounts(): string {
    const { ready, replaced } = this.figures;
    return [
      '# HELP keys_workers Workers that take calls.',
      '# TYPE keys_workers gauge',
      `keys_workers ${ready}`,
      '# HELP keys_workers_replaced_total Workers that ended and were replaced.',
      '# TYPE keys_workers_replaced_total counter',
      `keys_workers_replaced_total ${replaced}`,
      '',
    ].join('\n');
  }

  #sendAll(message: ToWorker): void {
    for (const { worker } of this.#slots) if (worker) send(worker, message);
  }

  #killAll(): void {
    this.#isStopping = true;
    for (const { worker } of this.#slots) worker?.process.kill('SIGKILL');
  }

  #settleIfEnded(): void {
    if (this.#slots.every(({ worker }) => !worker)) this.#ended.resolve();
  }

  /** After a failure at the start: ends those that run. */
  async abandon(): Promise<void> {
    this.#killAll();
    const running = this.#slots.flatMap(({ worker }) => worker ?? []);
    await Promise.all(running.map((worker) => once(worker, 'exit')));
  }
}

function send(worker: Worker, message: ToWorker): void {
  // One that is ending has no channel any more.
  if (worker.isConnected()) worker.send(message, undefined, () => {});
}

interface Resolvers<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** `Promise.withResolvers`, which Node.js 20 lacks. */
function withResolvers<T>(): Resolvers<T> {
  let [resolve, reject]: [Resolvers<T>['resolve'], Resolvers<T>['reject']] = [() => {}, () => {}];
  const promise = new Promise<T>((one, other) => {
    [resolve, reject] = [one, other];
  });
  return { promise, resolve, reject };
}
