import { parentPort, workerData } from 'node:worker_threads';
import { FileSearch } from './file-search.ts';
import type { Format } from './sought-formats.ts';
import { finderOf } from './sought-formats.ts';

/* A thread that searches files. An entry of the bundle: `search-threads.ts` starts it. */

const { formats }: { formats: readonly Format[] } = workerData;
const files = new FileSearch(finderOf(formats));

// Bytes come as an array of their own kind.
parentPort?.on('message', (paths: readonly (string | Uint8Array)[]) => {
  parentPort?.postMessage(
    files.search(paths.map((path) => (typeof path === 'string' ? path : Buffer.from(path)))),
  );
});
