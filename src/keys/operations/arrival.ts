import type { Secret } from '../../base/secret.ts';
import type { Sink } from '../ports.ts';
import { hasFingerprint } from './fingerprint.ts';
import type { Operation } from './operation.ts';

/** Which sinks have a secret, according to the journal and the sinks themselves. */
export interface Arrival {
  /** Those that do not certainly have it, including the ones that turn out to hold it. */
  left: string[];
  /** Those that got it, and those that may have got it. */
  holders: string[];
  /** The secret, and where it was found. */
  found?: { secret: Secret; sink: string };
}

/**
 * Reads every sink that may have got the secret of an operation. `places` are its sinks, as far as they can be opened. From
 * the moment its delivery began, a sink may have the secret, unless it can be read and holds something else.
 */
export async function arrivalOf(operation: Operation, places: readonly Sink[]): Promise<Arrival> {
  const { plan, steps } = operation;
  const served = steps.flatMap((one) => (one.step === 'delivered' ? [one.sink] : []));
  const left = withoutEach(plan.sinks, served);
  const fingerprint = steps.findLast((one) => one.step === 'created')?.fingerprint;
  const holders = [...served];
  let found: Arrival['found'];
  for (const sink of new Set([...served, ...begunBy(operation, left)])) {
    const place = places.find(({ name }) => name === sink);
    const value = await place?.read?.();
    const isIt = value && fingerprint !== undefined && hasFingerprint(value, fingerprint);
    if (isIt) found ??= { secret: value, sink };
    const mayHaveIt = value === undefined || place?.isTransient || fingerprint === undefined;
    if (!served.includes(sink) && (isIt || mayHaveIt)) holders.push(sink);
  }
  return { left, holders, ...(found && { found }) };
}

/** The sinks whose delivery began and has no recorded end. */
function begunBy({ steps }: Operation, left: readonly string[]): string[] {
  const created = steps.findLast((one) => one.step === 'created');
  if (!created) return [];
  // Written by a version that did not record when a delivery began.
  if (created.fingerprint === undefined) return [...left];
  const begun: string[] = [];
  for (const one of steps) {
    if (one.step === 'delivering') begun.push(one.sink);
    if (one.step === 'delivered' || (one.step === 'undelivered' && !one.isUnclear)) begun.pop();
  }
  return begun;
}

/** The sinks that were not served; a sink that was named twice is served twice. */
function withoutEach(sinks: readonly string[], served: readonly string[]): string[] {
  const left = [...served];
  return sinks.filter((sink) => {
    const at = left.indexOf(sink);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
