import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import pMap from 'p-map';
import { KeysError } from '../base/errors.ts';
import type { Action } from '../keys/plan/action.ts';
import { actionsOf, isToDo } from '../keys/plan/action.ts';
import type { ProfileWork } from '../keys/plan/apply.ts';
import type { DesiredKey, DesiredState } from '../keys/plan/desired-key.ts';
import { surveyProfile } from '../keys/plan/survey.ts';
import type { Context } from './context.ts';
import type { PlanSettings } from './plan-services.ts';
import { planServices } from './plan-services.ts';
import { defaultManifest, readDesiredState } from './read-desired-state.ts';

export const defaultConcurrency = 4;

export interface PlanInput extends Omit<PlanSettings, 'path'> {
  file: string | undefined;
  concurrency: number | undefined;
}

/** What is to be done so that everything is as a file says. */
export interface FilePlan {
  actions: Action[];
  toDo: number;
  /** How many keys work in the profiles of the file that it does not name, and that no apply of it has created. */
  others: number;
  profiles: ProfileWork[];
  /** By place, how the file writes it. */
  placeNames: ReadonlyMap<string, string>;
}

export async function planFile(context: Context, input: PlanInput): Promise<FilePlan> {
  return planState(context, await readDesiredState(context, input.file), input);
}

/** Plans a file that was read. Changes nothing. Throws `KeysError` if an account cannot be asked. */
export async function planState(
  context: Context,
  state: DesiredState,
  { file, concurrency = defaultConcurrency, ...options }: PlanInput,
): Promise<FilePlan> {
  const path = pathOf(context, file);
  const profiles: ProfileWork[] = [];
  for (const [place, keys] of await byProfile(context, state)) {
    try {
      const services = await planServices(place, { ...options, path });
      const plan = await surveyProfile(services, keys, options, (items, work) =>
        pMap(items, work, { concurrency }),
      );
      profiles.push({ services, plan });
    } catch (error) {
      throw await ofProfile(error, place);
    }
  }
  const actions = profiles.flatMap(({ plan }) => [...plan.names.flatMap(actionsOf), ...plan.leftOvers]);
  return {
    actions,
    toDo: actions.filter(isToDo).length,
    others: profiles.reduce((sum, { plan }) => sum + plan.others, 0),
    profiles,
    placeNames: state.placeNames,
  };
}

/** The keys of each profile, with a context of its own. `--profile` stands in for what the file says of all keys. */
async function byProfile(context: Context, state: DesiredState): Promise<[Context, DesiredKey[]][]> {
  const { name: current } = await context.profile();
  const usual = context.globals.profile ?? state.profile ?? current;
  const groups = new Map<string, DesiredKey[]>();
  const identities = new Set<string>();
  // A file without keys still has a profile, whose left-over keys it can prune.
  if (state.keys.length === 0) groups.set(usual, []);
  for (const key of state.keys) {
    const profile = key.profile ?? usual;
    const identity = JSON.stringify([profile, key.name]);
    if (identities.has(identity)) throw namedTwice(key, profile);
    identities.add(identity);
    const group = groups.get(profile);
    if (group) group.push(key);
    else groups.set(profile, [key]);
  }
  return [...groups].map(([profile, keys]) => [
    profile === current ? context : context.forProfile({ profile }),
    keys,
  ]);
}

/** Only here it is known which profile an entry without one means. Each entry would replace the key of the other one. */
function namedTwice({ name }: DesiredKey, profile: string): KeysError {
  return new KeysError({
    code: 'manifest_faulty',
    message: `two entries of the file are the key ${name} of the profile ${profile}; nothing was changed`,
    hints: ['keep one of them, or give one another profile: or name:'],
  });
}

async function ofProfile(error: unknown, place: Context): Promise<unknown> {
  if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') return error;
  const name = await place.profile().then(
    (profile) => profile.name,
    () => place.globals.profile,
  );
  return new KeysError({
    ...error.failure,
    message: `profile ${name}: ${error.message}; nothing was changed`,
    problems: [`profile ${name}: ${error.message}; nothing was changed`],
    cause: error,
  });
}

/** The file itself, whichever links lead to it. */
export function pathOf(context: Context, file = defaultManifest): string {
  const path = resolve(context.io.cwd, file);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
