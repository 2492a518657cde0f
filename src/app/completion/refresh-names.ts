import { isEmbedded, isInFile } from '../../accounts/profile.ts';
import { endProcessAfter } from '../../platform/background.ts';
import type { Io } from '../../platform/io.ts';
import { App } from '../app.ts';
import { mayReadToken } from './may-read-token.ts';
import { NameCache } from './name-cache.ts';
import { noGlobals } from './no-globals.ts';

/** What the process in the background reads on stdin: arguments and environments are seen by others. */
export interface RefreshJob {
  /** Variables of the program that a process in the background does not inherit. */
  env: Record<string, string>;
}

const timeLimitMs = 15_000;
const callTimeoutMs = 5_000;

/** Lists the keys of a profile for completion. Prints nothing that matters, asks nothing, and ends soon. */
export async function refreshNames(io: Io, job: RefreshJob): Promise<void> {
  endProcessAfter(timeLimitMs);
  const env = { ...io.env, ...job.env };
  const app = new App(Object.create(io, { env: { value: env } }), { ...noGlobals, timeout: callTimeoutMs });
  try {
    const profile = await app.profile();
    if (isInFile(profile)) return;
    if (!isEmbedded(profile) && !(await mayReadToken(profile, env))) return;
    new NameCache(profile, { env, cwd: io.cwd }).write(await app.keys(), io.now());
  } finally {
    await app.close();
  }
}
