import type { Io } from '../io.ts';
import type { Delivery, Sink } from '../lifecycle/ports.ts';

/** Prints the key's record with this value as its secret. */
export type Present = (delivery: Delivery, value: string) => Promise<void>;

/** `stdout`, as a part of what the command prints about the key. Cannot be read back. */
export function recordSink(present: Present): Sink {
  return {
    name: 'stdout',
    check: async () => {},
    deliver: (delivery) => present(delivery, delivery.secret.reveal()),
  };
}

/** `stdout`, with the value and a newline on it and nothing else. Cannot be read back. */
export function bareSink(io: Io): Sink {
  return {
    name: 'stdout',
    check: async () => {},
    deliver: ({ secret }) => io.stdout.write(`${secret.reveal()}\n`),
  };
}
