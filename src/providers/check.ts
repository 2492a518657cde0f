import * as v from 'valibot';
import { parseDuration } from '../time.ts';
import { namesIn } from './placeholders.ts';
import type { Provider } from './provider.ts';
import { providerSchema } from './schema.ts';
import { usageInputs } from './styles.ts';
import { operationFaults } from './template-faults.ts';

/*
 * Whether some data is a provider. The schema says which fields there are; the checks below find what only shows when
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
  if (!result.success) {
    return {
      faults: result.issues.map((issue) => ({ path: v.getDotPath(issue) ?? '', message: issue.message })),
    };
  }
  const provider = result.output as Provider;
  const faults = [...operationFaults(provider), ...capabilityFaults(provider), ...usageFaults(provider)];
  return faults.length > 0 ? { faults } : { provider, faults: [] };
}

function capabilityFaults({ capabilities, disable, enable }: Provider): Fault[] {
  const { expiry, expirySteps = [] } = capabilities;
  const at = 'capabilities.expirySteps';
  const faults: Fault[] = [];
  if (expiry === 'steps' && expirySteps.length === 0)
    faults.push({ path: at, message: 'is missing: expiry is steps' });
  for (const step of expirySteps) {
    if (!isDuration(step)) faults.push({ path: at, message: `'${step}' is not a duration such as 90d` });
  }
  if (Boolean(disable) !== Boolean(enable))
    faults.push({ path: 'disable', message: 'goes with enable: declare both or none' });
  return faults;
}

/** Sums that the API is not asked for as they were wanted would pass for others. */
function usageFaults({ usage }: Provider): Fault[] {
  const named = namesIn(usage);
  return usageInputs
    .filter((input) => usage && !named.includes(input))
    .map((input) => ({ path: 'usage', message: `has no place for {${input}}` }));
}

function isDuration(text: string): boolean {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}
