import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Sink } from '../keys/ports.ts';
import type { SinkContext } from './context.ts';
import { currentValue } from './current-value.ts';

/**
 * `keychain:NAME`: the keychain of the system, which `--from keychain:NAME` reads. All profiles share its names: an entry
 * that holds a key of another profile is not overwritten.
 */
export function keychainSink(name: string, account: string, context: SinkContext): Sink {
  const { keychain, owners, owner } = context;
  const requireOwn = async () => {
    const [holder, own] = [await (await owners()).read(account), await owner()];
    if (holder === undefined || holder === own) return;
    if ((await (await keychain()).read(account)) !== undefined) throw taken(account, holder, own, context);
  };
  return {
    name,
    check: async () => {
      // Notices a keychain that is locked or absent.
      await (await keychain()).probe();
      await requireOwn();
    },
    deliver: async ({ secret }) => {
      await (await owners()).write(account, await owner());
      await (await keychain()).write(account, secret.reveal());
    },
    read: () => currentValue(async () => (await (await keychain()).read(account)) ?? null),
  };
}

function taken(account: string, holder: string, own: string, { platform }: SinkContext): KeysError {
  const removal =
    platform === 'linux'
      ? [`or remove it first: secret-tool clear service keys-cli-secrets username ${shellWord(account)}`]
      : [];
  return new KeysError({
    code: 'keychain_entry_taken',
    message: `the keychain entry ${account} holds a key of the profile ${holder}, which would be overwritten`,
    hints: [`choose another name: --to keychain:${shellWord(`${own}-${account}`)}`, ...removal],
  });
}
