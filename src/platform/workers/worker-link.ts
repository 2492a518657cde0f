import cluster from 'node:cluster';
import type { Failure } from '../../base/errors.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

/** How a worker hears of the process that started it. */
export interface WorkerLink {
  /** From 1. A worker that replaces another one has its number. */
  readonly number: number;
  /** Aborts when this worker should finish what runs and end: it was asked to, or the other process is gone. */
  readonly stop: AbortSignal;
  /** Aborts when all waiting has to end. */
  readonly urgent: AbortSignal;
  /** Calls back whenever files should be read again, until the returned function is called. */
  onReload(listener: () => void): () => void;
  ready(url: string): void;
  failed(failure: Failure): void;
  /** Says what this worker counts, whenever that is asked. */
  answerCounts(count: () => Promise<string>): void;
  /** What all workers count, this one included. */
  allCounts(): Promise<readonly string[]>;
  /** Lets the process end. */
  end(): void;
}

let link: WorkerLink | undefined;

/** What connects this process with the one whose worker it is; undefined: it is no worker. */
export function workerLink(): WorkerLink | undefined {
  return link;
}

/**
 * For a process with a channel to its parent, before anything else: if it is a worker, waits for its number and its
 * variables. They are no part of the environment that it was started with, which others can look at.
 */
export async function becomeWorker(): Promise<void> {
  const { worker } = cluster;
  if (!worker) return;
  // Otherwise Node.js ends the process, with uses that are not written, as soon as the other one is gone.
  worker.exitedAfterDisconnect = true;
  const start = await new Promise<ToWorker>((resolve) => process.once('message', resolve));
  if (start.kind !== 'start') throw new Error(`a worker was told to ${start.kind} before it was started`);
  Object.assign(process.env, start.env);
  link = linkOf(start.number);
}

function linkOf(number: number): WorkerLink {
  const [stop, urgent] = [new AbortController(), new AbortController()];
  const questions = new Map<number, (texts: readonly string[]) => void>();
  let reload = () => {};
  let count = async () => '';
  let lastQuestion = 0;
  const send = (message: FromWorker) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
  const handlers: { [Kind in ToWorker['kind']]: (message: Extract<ToWorker, { kind: Kind }>) => void } = {
    start: () => {},
    reload: () => reload(),
    stop: () => stop.abort(),
    stopNow: () => {
      stop.abort();
      urgent.abort();
    },
    count: ({ question }) => void count().then((text) => send({ kind: 'count', question, text })),
    counts({ question, texts }) {
      questions.get(question)?.(texts);
      questions.delete(question);
    },
  };
  process.on('message', (message: ToWorker) => handlers[message.kind](message as never));
  process.on('disconnect', () => stop.abort());
  return {
    number,
    stop: stop.signal,
    urgent: urgent.signal,
    onReload(listener) {
      reload = listener;
      return () => {
        reload = () => {};
      };
    },
    ready: (url) => send({ kind: 'ready', url }),
    failed: ({ cause: _, ...failure }) => send({ kind: 'failed', failure }),
    answerCounts(answer) {
      count = answer;
    },
    async allCounts() {
      lastQuestion += 1;
      const question = lastQuestion;
      if (!process.connected) return [await count()];
      return new Promise((resolve) => {
        questions.set(question, resolve);
        send({ kind: 'askCounts', question });
      });
    },
    end() {
      if (process.connected) process.disconnect();
    },
  };
}
