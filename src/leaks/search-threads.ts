import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ThreadProgram } from '../platform/child-entry.ts';
import type { FilePath } from './file-path.ts';
import type { FileReport } from './file-search.ts';
import { FileSearch } from './file-search.ts';
import type { ValueFinder } from './find-values.ts';
import type { Format } from './sought-formats.ts';

/** A thread takes as long to start as some hundred files to search. */
const minFiles = 1_024;
/** More of them wait for the same disk. */
const maxThreads = 8;

interface Job {
  resolve(report: FileReport): void;
  reject(error: unknown): void;
}

/** Searches the first files in this thread, and the others of a large tree in several. */
export class SearchThreads {
  /** Batches of files that are searched at once: one in each thread, and one for it to go on with. */
  readonly concurrency: number = 2 * Math.min(availableParallelism(), maxThreads);
  readonly #formats: readonly Format[];
  readonly #program: () => ThreadProgram;
  readonly #own: FileSearch;
  readonly #threads: { worker: Worker; jobs: Job[] }[] = [];
  #files = 0;

  constructor(finder: ValueFinder, formats: readonly Format[], program: () => ThreadProgram) {
    this.#own = new FileSearch(finder);
    this.#formats = formats;
    this.#program = program;
  }

  search(paths: readonly FilePath[]): FileReport | Promise<FileReport> {
    this.#files += paths.length;
    if (this.#files <= minFiles) return this.#own.search(paths);
    if (this.#threads.length < this.concurrency / 2) this.#start();
    const [thread] = [...this.#threads].sort((a, b) => a.jobs.length - b.jobs.length);
    return new Promise((resolve, reject) => {
      thread?.jobs.push({ resolve, reject });
      thread?.worker.postMessage(paths);
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(): void {
    const { source, isCode, argv } = this.#program();
    // No variable of the environment is for it.
    const options = { workerData: { formats: this.#formats }, env: {}, execArgv: [], argv, eval: isCode };
    const jobs: Job[] = [];
    const worker = new Worker(source, options);
    worker.on('message', (report: FileReport) => jobs.shift()?.resolve(report));
    worker.on('error', (error) => {
      for (const job of jobs.splice(0)) job.reject(error);
    });
    this.#threads.push({ worker, jobs });
  }
}
