import { resolve } from 'node:path';
import { KeysError } from '../base/errors.ts';
import { watchFiles } from '../platform/files/watch-files.ts';
import type { WorkerLink } from '../platform/workers/worker-link.ts';
import type { Context } from './context.ts';

/** Files that a running server reads again. */
export interface FreshFiles {
  /** For messages: `the certificate`. */
  what: string;
  paths: readonly string[];
  /** Reads them and uses what they say. Throws `KeysError` if they cannot be used, and changes nothing then. */
  read(): Promise<void>;
}

/**
 * Reads files again when they change, and all of them on SIGHUP. What cannot be used is reported, and what was in use stays
 * in use. Returns a function that stops it.
 */
export function keepFresh(context: Context, files: readonly FreshFiles[]): () => void {
  // One after the other: the later one must not be overtaken.
  let reading: Promise<void> = Promise.resolve();
  const enqueue = (one: FreshFiles) => {
    reading = reading.then(() => readAgain(context, one));
  };
  const placeOf = (path: string) => resolve(context.io.cwd, path);
  const stopWatching = files.map((one) => watchFiles(one.paths.map(placeOf), () => enqueue(one)));
  // A server started from a script or by a supervisor outlives the terminal.
  const stopListening = context.io.stdout.isTTY
    ? () => {}
    : context.io.onHangup(() => files.forEach(enqueue));
  return () => {
    stopListening();
    for (const stop of stopWatching) stop();
  };
}

/** As `keepFresh` in a worker, which is told when. What can be used has been found out before. */
export function readOnRequest(context: Context, files: readonly FreshFiles[], link: WorkerLink): () => void {
  context.io.onHangup(() => {});
  const quiet = { warn: (text: string) => context.warn(text), note: async () => {} };
  return link.onReload(() => {
    for (const one of files) void readAgain(quiet, one);
  });
}

async function readAgain(
  context: Pick<Context, 'warn' | 'note'>,
  { what, paths, read }: FreshFiles,
): Promise<void> {
  try {
    await read();
    await context.note(`read ${what} again: ${paths.join(', ')}`);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    await context.warn(`${error.message}; ${what} that was in use stays in use`);
  }
}
