import { usageError } from '../base/errors.ts';
import type { Delivery, Sink } from '../keys/ports.ts';
import type { Io } from '../platform/io.ts';

/** Prints the key's record with this value as its secret. */
export type Present = (delivery: Delivery, value: string) => Promise<void>;

/** `stdout`, as a part of the record that the command prints. Cannot be read back. */
export function recordSink(io: Io, present: Present): Sink {
  return {
    name: 'stdout',
    check: () => requireReader(io),
    deliver: (delivery) => present(delivery, delivery.secret.reveal()),
  };
}

/** `stdout`, with the secret, a newline and nothing else. Cannot be read back. */
export function secretOnlySink(io: Io): Sink {
  return {
    name: 'stdout',
    check: () => requireReader(io),
    deliver: ({ secret }) => io.stdout.write(`${secret.reveal()}\n`),
  };
}

/** Throws `KeysError` (2) if it is clear beforehand that the secret would be lost. */
async function requireReader({ stdout }: Io): Promise<void> {
  const fault = await stdout.fault();
  if (fault === undefined) return;
  throw usageError(
    `the secret cannot be printed on stdout: ${fault}; nothing was created`,
    'choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)',
  );
}
