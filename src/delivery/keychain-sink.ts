import type { Sink } from '../lifecycle/ports.ts';
import { currentValue } from './current-value.ts';
import type { SinkContext } from './open-sinks.ts';

/** `keychain:NAME`: the keychain of the system, where `--from keychain:NAME` reads it again. */
export function keychainSink(name: string, account: string, { keychain }: SinkContext): Sink {
  return {
    name,
    // A keychain that is locked or absent is found here.
    check: async () => (await keychain()).probe(),
    deliver: async ({ secret }) => (await keychain()).write(account, secret.reveal()),
    read: () => currentValue(async () => (await (await keychain()).read(account)) ?? null),
  };
}
