import * as v from 'valibot';
import type { Provider } from '../providers/declaration.ts';
import { providerSchema } from '../providers/schema.ts';
import { inputFaults, soundness } from './soundness.ts';
import { operationFaults } from './template-check.ts';

/*
 * Whether some data is a provider. The schema says which fields there are; the other checks find what only shows when
 * fields are seen together.
 */

/** Something wrong with a provider, and where: `create.body.name`. */
export interface Fault {
  path: string;
  message: string;
}

/** A provider, or everything that is wrong with the data. */
export function checkProvider(
  data: unknown,
): { provider: Provider; faults: [] } | { provider?: never; faults: Fault[] } {
  const result = v.safeParse(providerSchema, data);
  const misshapen = (result.issues ?? []).map((issue) => ({
    path: v.getDotPath(issue) ?? '',
    message: issue.message,
  }));
  const provider = data as Provider;
  // What is misshapen cannot be looked at any closer; the rest can.
  const run = (check: (provider: Provider) => Fault[]) =>
    result.success ? check(provider) : attempt(() => check(provider));
  const faults = [...misshapen];
  for (const check of [operationFaults, ...soundness]) faults.push(...newOnes(run(check), faults));
  // A call that is wrong in itself may have been meant to say what it lacks.
  const isWrong = ({ path }: Fault) =>
    faults.some((one) => one.path === path || one.path.startsWith(`${path}.`));
  faults.push(...run(inputFaults).filter((one) => !isWrong(one)));
  return result.success && faults.length === 0
    ? { provider: result.output as Provider, faults: [] }
    : { faults };
}

function newOnes(found: readonly Fault[], known: readonly Fault[]): Fault[] {
  const told = new Set(known.map(({ path }) => path));
  return found.filter(({ path }) => !told.has(path));
}

function attempt(check: () => Fault[]): Fault[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}
