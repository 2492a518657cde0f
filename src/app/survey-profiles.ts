import pMap from 'p-map';
import { KeysError } from '../base/errors.ts';
import { isWaiting } from '../keys/operations/operation.ts';
import { summarise } from '../keys/summary.ts';
import { hasOperations } from '../platform/paths.ts';
import type { Context } from './context.ts';
import { everyProfile } from './search.ts';
import type { SessionStatus } from './session-status.ts';
import { checkSession } from './session-status.ts';

/** One profile at a glance. What could not be found out is absent. */
export interface ProfileOverview
  extends Partial<Omit<SessionStatus, 'profile' | 'capabilities' | 'secrets'>> {
  profile: string;
  current: boolean;
  /** Null: the API could not be asked; `error` says why. */
  authenticated: boolean | null;
  /** Keys that work, including the expiring ones. */
  active?: number;
  expiring?: number;
  /** Operations that `keys recover` can finish. */
  unfinished: number;
  error?: { code: string; message: string };
}

const limitMs = 10_000;
const concurrency = 8;

/** Asks about every profile at once, each for a short time. Nobody is asked anything. */
export async function surveyProfiles(context: Context): Promise<ProfileOverview[]> {
  const timeout = Math.min(context.timeout, limitMs);
  const unfinished = await unfinishedByProfile(context);
  const { name: current } = await context.profile();
  const survey = async ([profile, place]: [string, Context]): Promise<ProfileOverview> => ({
    profile,
    ...(await placeOf(place)),
    current: profile === current,
    ...(await within(timeout, surveyOne(place))),
    unfinished: unfinished.get(profile) ?? 0,
  });
  return pMap(await everyProfile(context, { timeout, noInput: true }), survey, { concurrency });
}

type Survey = Pick<ProfileOverview, 'authenticated' | 'active' | 'expiring' | 'error'>;

async function surveyOne(place: Context): Promise<Survey> {
  const connection = await place.connection();
  if (!connection) {
    const { active, expiring } = summarise(await place.keys());
    return { authenticated: true, active, expiring };
  }
  let counts = {};
  const { tokenSource, authenticated, user, role, expiresAt } = await checkSession(
    place,
    connection,
    (keys) => {
      const { active, expiring } = summarise(keys);
      counts = { active, expiring };
    },
  );
  return {
    ...{ tokenSource, authenticated },
    ...(user !== undefined && { user }),
    ...(role !== undefined && { role }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...counts,
  };
}

async function placeOf(place: Context): Promise<Pick<ProfileOverview, 'provider' | 'url'>> {
  const { provider, url } = await place.profile();
  const connection = url === null ? await place.connection().catch(() => undefined) : undefined;
  return { provider, url: url ?? connection?.url.href.replace(/\/$/, '') ?? null };
}

/** A failure to find out is a finding. */
async function within(timeoutMs: number, work: Promise<Survey>): Promise<Survey> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Survey>((resolve) => {
    timer = setTimeout(
      () => resolve(unasked('timed_out', `no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
    return unasked(error.failure.code, error.message);
  } finally {
    clearTimeout(timer);
  }
}

function unasked(code: string, message: string): Survey {
  return { authenticated: null, error: { code, message } };
}

/** Operations that wait for the end of a grace period are not unfinished. */
async function unfinishedByProfile(context: Context): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  if (!hasOperations(context.paths)) return counts;
  const { openOperations } = await import('./open-journal.ts');
  for (const operation of await openOperations(context)) {
    const { profile } = operation.header.setting;
    if (!isWaiting(operation)) counts.set(profile, (counts.get(profile) ?? 0) + 1);
  }
  return counts;
}
