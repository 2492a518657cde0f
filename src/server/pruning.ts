import type { AuthorityService } from '../authority/service.ts';

/** Between checks of the log, and between steps while there is more to remove. */
const checkIntervalMs = 60_000;
const stepIntervalMs = 100;

/** Few enough that authorisations wait only for some milliseconds. */
const rowsPerStep = 500;

/** Prunes the log regularly; returns a function that stops it. */
export function keepPruning(authority: AuthorityService): () => void {
  let timer: NodeJS.Timeout;
  const wait = (milliseconds: number) => {
    timer = setTimeout(prune, milliseconds).unref();
  };
  const prune = () => {
    let removedRows = 0;
    try {
      removedRows = authority.prune(rowsPerStep);
    } catch {
      // The database is busy; the next check will do.
    }
    wait(removedRows === rowsPerStep ? stepIntervalMs : checkIntervalMs);
  };
  wait(stepIntervalMs);
  return () => clearTimeout(timer);
}
