import type { Secret } from '../../base/secret.ts';
import type { Sink } from '../ports.ts';
import { hasFingerprint } from './fingerprint.ts';
import type { Operation, WrittenStep } from './operation.ts';
import { attemptIn, creationIn } from './operation.ts';

/** Which sinks have a secret, according to the journal and the sinks themselves. */
export interface Arrival {
  /** Those that do not certainly have it, including the ones that turn out to hold it. */
  leftSinks: string[];
  /** Those that got it, and those that may have got it. */
  holders: string[];
  /** The secret, and where it was found. */
  foundSecret?: { secret: Secret; sink: string };
}

/**
 * Reads every sink that may have got the secret of an operation. `places` are its sinks, as far as they can be opened. From
 * the moment its delivery began, a sink may have the secret, unless it can be read and holds something else.
 */
export async function arrivalOf(operation: Operation, places: readonly Sink[]): Promise<Arrival> {
  const { plan } = operation;
  const steps = attemptIn(operation.steps);
  const servedSinks = steps.flatMap((one) => (one.step === 'delivered' ? [one.sink] : []));
  const leftSinks = withoutEach(plan.sinks, servedSinks);
  const fingerprint = creationIn(steps)?.fingerprint;
  const holders = [...servedSinks];
  let foundSecret: Arrival['foundSecret'];
  for (const sink of new Set([...servedSinks, ...begunBy(steps, leftSinks)])) {
    const place = places.find(({ name }) => name === sink);
    const value = await place?.read?.();
    const isIt = value && fingerprint !== undefined && hasFingerprint(value, fingerprint);
    if (isIt) foundSecret ??= { secret: value, sink };
    const mayHaveIt = value === undefined || place?.isTransient || fingerprint === undefined;
    if (!servedSinks.includes(sink) && (isIt || mayHaveIt)) holders.push(sink);
  }
  return { leftSinks, holders, ...(foundSecret && { foundSecret }) };
}

/** The sinks whose delivery began and has no recorded end. */
function begunBy(steps: readonly WrittenStep[], leftSinks: readonly string[]): string[] {
  const creation = creationIn(steps);
  if (!creation) return [];
  // Written by a version that did not record when a delivery began.
  if (creation.fingerprint === undefined) return [...leftSinks];
  const begunSinks: string[] = [];
  for (const one of steps) {
    if (one.step === 'delivering') begunSinks.push(one.sink);
    if (one.step === 'delivered' || (one.step === 'undelivered' && !one.isUnclear)) begunSinks.pop();
  }
  return begunSinks;
}

/** The sinks that were not served; a sink that was named twice is served twice. */
function withoutEach(sinks: readonly string[], servedSinks: readonly string[]): string[] {
  const unmatchedSinks = [...servedSinks];
  return sinks.filter((sink) => {
    const at = unmatchedSinks.indexOf(sink);
    if (at >= 0) unmatchedSinks.splice(at, 1);
    return at < 0;
  });
}
