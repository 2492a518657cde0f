import { setMaxListeners } from 'node:events';
import { onTestFinished } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import type { HttpClient, HttpOptions } from '../../src/http/client.ts';
import { createHttpClient } from '../../src/http/client.ts';

export interface ClientUnderTest {
  client: HttpClient;
  /** Pauses before retries, in milliseconds. */
  pauses: number[];
  /** The lines of --debug. */
  trace: string[];
}

/** A client without real pauses, which takes the middle of every random span. Closed when the test ends. */
export function clientOf(
  origin: string,
  { realPause = false, ...options }: Partial<HttpOptions> & { realPause?: boolean } = {},
): ClientUnderTest {
  const pauses: number[] = [];
  const trace: string[] = [];
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const client = createHttpClient({
    origin,
    env: {},
    version: '1.2.3',
    timeoutMs: 5000,
    signal,
    trace: (line) => void trace.push(line),
    now: () => new Date('2026-11-20T12:00:00Z'),
    ...(realPause ? {} : { pause: async (milliseconds) => void pauses.push(milliseconds) }),
    random: () => 0.5,
    ...options,
  });
  onTestFinished(() => client.close());
  return { client, pauses, trace };
}

/** The failure that a promise rejects with. Rethrows anything but a `KeysError`. */
export async function failureOf(promise: Promise<unknown>): Promise<KeysError['failure']> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof KeysError) return error.failure;
    throw error;
  }
  throw new Error('nothing failed');
}
