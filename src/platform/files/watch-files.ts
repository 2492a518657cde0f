import { statSync } from 'node:fs';

const checkIntervalMs = 1_000;

/**
 * Calls back when one of the files has changed and all of them have then stayed the same for a moment: a certificate and
 * its key are two files. By looking at them, because notifications miss links that are replaced, as Kubernetes does with
 * what it mounts. Returns a function that stops it.
 */
export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  intervalMs = checkIntervalMs,
): () => void {
  let [known, latest] = [stateOf(paths), stateOf(paths)];
  const timer = setInterval(() => {
    const state = stateOf(paths);
    const isSettled = state === latest;
    latest = state;
    if (!isSettled || state === known) return;
    known = state;
    onChange();
  }, intervalMs).unref();
  return () => clearInterval(timer);
}

/** Differs after every change, also one that keeps the size or the time. */
function stateOf(paths: readonly string[]): string {
  return paths.map(fileState).join('\n');
}

function fileState(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return 'unreadable';
  }
}
