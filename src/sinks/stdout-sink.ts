import { usageError } from '../base/errors.ts';
import type { Delivery, Sink } from '../keys/ports.ts';
import type { Io } from '../platform/io.ts';

/** Prints the key's record with this value as its secret. */
export type Present = (delivery: Delivery, value: string) => Promise<void>;

/** `stdout`, as a part of what the command prints about the key. Cannot be read back. */
export function recordSink(io: Io, present: Present): Sink {
  return {
    name: 'stdout',
    check: () => requireReader(io),
    deliver: (delivery) => present(delivery, delivery.secret.reveal()),
  };
}

/** `stdout`, with the value and a newline on it and nothing else. Cannot be read back. */
export function bareSink(io: Io): Sink {
  return {
    name: 'stdout',
    check: () => requireReader(io),
    deliver: ({ secret }) => io.stdout.write(`${secret.reveal()}\n`),
  };
}

/** Throws `KeysError` (2) where it is known before that the secret would arrive nowhere. */
async function requireReader({ stdout }: Io): Promise<void> {
  const fault = await stdout.fault();
  if (fault === undefined) return;
  throw usageError(
    `the secret was to be printed on stdout, but ${fault}: nothing was created`,
    'choose a place with --to file:PATH or --to env:PATH#NAME (keys help sinks)',
  );
}
