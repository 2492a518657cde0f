import { PassThrough } from 'node:stream';
import type { AsyncEntry } from '@napi-rs/keyring';
import { expect, test } from 'vitest';
import type { KeychainReply, KeychainRequest } from '../../../src/platform/keychain/keychain-protocol.ts';
import { serveKeychain } from '../../../src/platform/keychain/serve-keychain.ts';

const write: KeychainRequest = { operation: 'write', account: 'a', value: 'sk_EXAMPLE' };

interface World {
  isOrphaned?: boolean;
  /** The errors of the first constructor calls of the binding. */
  failures?: string[];
  /** The binding is not installed. */
  isMissing?: boolean;
  /** The first request was read before the stream of requests. */
  isReadFirst?: boolean;
}

/** Sends requests to a server whose binding keeps values in memory, until it has answered all of them. */
async function served(requests: readonly KeychainRequest[], world: World = {}) {
  const items = new Map<string, string>();
  const failures = [...(world.failures ?? [])];
  class MemoryEntry implements Pick<AsyncEntry, 'getPassword' | 'setPassword' | 'deleteCredential'> {
    readonly #account: string;

    constructor(service: string, account: string) {
      const failure = failures.shift();
      if (failure !== undefined) throw new Error(failure);
      this.#account = `${service} ${account}`;
    }

    getPassword = async () => items.get(this.#account) ?? null;
    setPassword = async (value: string) => void items.set(this.#account, value);
    deleteCredential = async () => items.delete(this.#account);
  }
  const input = new PassThrough();
  const replies: KeychainReply[] = [];
  let ends = 0;
  await new Promise<void>((done) => {
    const finish = () => {
      const answers = replies.filter((reply) => !('opened' in reply));
      if (answers.length === requests.length) input.end();
    };
    serveKeychain({
      service: 'keys-cli-test',
      loadBinding: async () => {
        if (world.isMissing) throw new Error("Cannot find module '@napi-rs/keyring'");
        return { AsyncEntry: MemoryEntry as unknown as typeof AsyncEntry };
      },
      firstRequest: world.isReadFirst ? JSON.stringify(requests[0]) : undefined,
      requests: input,
      reply: (reply) => {
        replies.push(reply);
        finish();
      },
      isOrphaned: () => world.isOrphaned ?? false,
      end: () => {
        ends += 1;
        done();
      },
    });
    for (const request of requests.slice(world.isReadFirst ? 1 : 0))
      input.write(`${JSON.stringify(request)}\n`);
  });
  return { items, replies, ends };
}

test('a value is written for the process that requested it', async () => {
  const { items, replies } = await served([write]);
  expect([...items]).toEqual([['keys-cli-test a', 'sk_EXAMPLE']]);
  expect(replies).toEqual([{ opened: true }, { answer: null }]);
});

test('a value is not written once that process has ended', async () => {
  const { items, ends } = await served([write], { isOrphaned: true });
  expect([...items]).toEqual([]);
  expect(ends).toBeGreaterThan(0);
});

test('a request that was read before the stream is answered like the others', async () => {
  const { items, replies, ends } = await served([write, { operation: 'read', account: 'a' }], {
    isReadFirst: true,
  });
  expect([...items]).toEqual([['keys-cli-test a', 'sk_EXAMPLE']]);
  expect(replies).toEqual([{ opened: true }, { answer: null }, { opened: true }, { answer: 'sk_EXAMPLE' }]);
  expect(ends).toBeGreaterThan(0);
});

test('a missing value is null, and a removal reports whether there was one', async () => {
  const { replies } = await served([
    { operation: 'read', account: 'a' },
    { operation: 'remove', account: 'a' },
  ]);
  expect(replies).toEqual(expect.arrayContaining([{ answer: null }, { answer: false }]));
});

test('a keyring that is slow to start is tried again', async () => {
  const { items } = await served([write], { failures: ['DBus error: Did not receive a reply.'] });
  expect(items.size).toBe(1);
});

test('a failure before the keychain is open comes without `opened`', async () => {
  const message = 'Failed to connect to socket';
  expect((await served([write], { failures: [message] })).replies).toEqual([{ failure: message }]);
  const [missing] = (await served([write], { isMissing: true })).replies;
  expect(missing).toEqual({ failure: "Cannot find module '@napi-rs/keyring'" });
});
