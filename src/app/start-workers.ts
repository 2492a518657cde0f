import type { AuthorityService } from '../authority/service.ts';
import { Workers } from '../platform/workers/workers.ts';
import type { Context } from './context.ts';
import { keepFresh } from './fresh-files.ts';
import type { Running, Serving } from './start-server.ts';
import { checkServing, prepareDatabase, shutdownMs } from './start-server.ts';

/** What a worker takes to write its uses, beyond the time for its calls. */
const stopMarginMs = 10_000;

/**
 * Starts workers that serve on one port. What cannot be used is found here first, and only once, and the tables are
 * migrated. Throws `KeysError`, and leaves no worker behind.
 */
export async function startWorkers(
  context: Context,
  authority: AuthorityService,
  serving: Serving,
  count: number,
): Promise<Running> {
  const files = await checkServing(context, serving);
  await prepareDatabase(authority, serving);
  await authority.close();
  const workers = new Workers({
    count,
    words: context.words,
    env: context.io.env,
    stopMs: serving.drainMs + shutdownMs + stopMarginMs,
    onReplace: (text) => void context.warn(text),
  });
  const url = await workers.ready.catch(async (error: unknown) => {
    await workers.abandon();
    throw error;
  });
  const checkedFiles = files.map((one) => ({
    ...one,
    async read() {
      await one.read();
      workers.reload();
    },
  }));
  const stopReading = keepFresh(context, checkedFiles);
  context.io.urgent.addEventListener('abort', () => workers.stopNow());
  return {
    url,
    ended: workers.ended,
    async stop() {
      stopReading();
      workers.stop();
      if (context.io.urgent.aborted) workers.stopNow();
      await workers.ended;
      // Two that end at the same moment leave it to each other to merge everything into the file.
      if (authority.store.file) await authority.open();
    },
  };
}
