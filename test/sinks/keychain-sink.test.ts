import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { keychainSink } from '../../src/sinks/keychain-sink.ts';
import { failureIn } from '../support/failure.ts';
import { memoryKeychain } from '../support/fake-keychain.ts';
import { key } from '../support/key.ts';
import { sinkContext } from '../support/sink-context.ts';

const delivery = { secret: new Secret('sk_EXAMPLE'), key: key(), delivered: [], operation: 'op000001' };

/** A keychain that several profiles deliver to. */
function world(held: Readonly<Record<string, string>> = {}, platform: NodeJS.Platform = 'linux') {
  const items = new Map(Object.entries(held));
  const [keychain, owners] = [memoryKeychain(items), memoryKeychain()];
  const sinkOf = (profile: string) =>
    keychainSink(
      'keychain:ci',
      'ci',
      sinkContext('/', {
        keychain: async () => keychain,
        owners: async () => owners,
        owner: async () => profile,
        platform,
      }),
    );
  return { items, sinkOf };
}

async function deliver(sink: ReturnType<typeof keychainSink>): Promise<void> {
  await sink.check();
  await sink.deliver(delivery);
}

test('a profile may change its own entry, but not that of another profile', async () => {
  const { sinkOf } = world();
  await deliver(sinkOf('a'));
  await deliver(sinkOf('a'));
  const failure = await failureIn(sinkOf('b').check());
  expect(failure).toMatchObject({ exit: 'failed', code: 'keychain_entry_taken' });
  expect(failure.message).toMatchInlineSnapshot(
    `"the keychain entry ci holds a key of the profile a, which would be overwritten"`,
  );
  expect(failure.hints?.[0]).toBe('choose another name: --to keychain:b-ci');
});

test('an entry that was removed is available', async () => {
  const { items, sinkOf } = world();
  await deliver(sinkOf('a'));
  items.clear();
  await deliver(sinkOf('b'));
  expect(await failureIn(sinkOf('a').check())).toMatchObject({ code: 'keychain_entry_taken' });
});

test('an entry without a known owner is accepted', async () => {
  await deliver(world({ ci: 'older' }).sinkOf('a'));
});

test('a command to remove it is suggested on Linux only', async () => {
  const { sinkOf } = world({}, 'darwin');
  await deliver(sinkOf('a'));
  expect((await failureIn(sinkOf('b').check())).hints).toHaveLength(1);
});
