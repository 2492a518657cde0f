import type { Offload } from './threads/offload.ts';

/** Between checks of the log, and between steps while there is more to remove. */
const checkIntervalMs = 60_000;
const stepIntervalMs = 100;

/** Few enough that uses which are being recorded wait only for some milliseconds. */
const rowsPerStep = 500;

/** Prunes the log regularly, where uses are recorded; returns a function that stops it. */
export function keepPruning({ prune }: Pick<Offload, 'prune'>): () => void {
  let timer: NodeJS.Timeout;
  let isStopped = false;
  const wait = (milliseconds: number) => {
    timer = setTimeout(step, milliseconds).unref();
  };
  const step = async () => {
    // If the database is busy, the next check will do.
    const removedRows = await prune(rowsPerStep).catch(() => 0);
    if (!isStopped) wait(removedRows === rowsPerStep ? stepIntervalMs : checkIntervalMs);
  };
  wait(stepIntervalMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
