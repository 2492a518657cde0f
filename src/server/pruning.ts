import type { AuthorityService } from '../authority/service.ts';

/** Milliseconds between two looks at the log, and between two steps where there is more to remove. */
const every = 60_000;
const rest = 100;

/** Rows that one step removes: authorisations wait for no longer than that takes, some milliseconds. */
const step = 500;

/** Keeps the log from growing without end, until it is told to stop. */
export function keepPruning(authority: AuthorityService): () => void {
  let timer: NodeJS.Timeout;
  const wait = (milliseconds: number) => {
    timer = setTimeout(prune, milliseconds).unref();
  };
  const prune = () => {
    let removed = 0;
    try {
      removed = authority.prune(step);
    } catch {
      // The database is busy: there is time.
    }
    wait(removed === step ? rest : every);
  };
  wait(rest);
  return () => clearTimeout(timer);
}
