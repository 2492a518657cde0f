import { expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/* Another process, or another machine, rotates a key between our list and our look at it. */

const { show: _, ...others } = unreal;
const listOnly = { ...others, id: 'list-only', list: { get: '/v1/keys', items: 'keys' } };

async function accountOf(provider: string) {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  for (const name of ['a', 'b', 'c']) server.add(name);
  box.ownProvider(listOnly);
  box.write('take.sh', 'cat > "got-$1"\n');
  for (const name of ['a', 'b', 'c']) box.expectSecretIn(`got-${name}`);
  const env = { KEYS_PROVIDER: provider, KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  /** Right before this request, b is replaced. */
  const replaceAt = (count: number) => {
    let left = count;
    server.onRequest = async () => {
      left -= 1;
      if (left !== 0) return;
      server.keys.splice(
        server.keys.findIndex(({ name }) => name === 'b'),
        1,
      );
      server.add('b');
    };
  };
  return { box, server, env, replaceAt };
}

test('a key that is gone is not rotated', async () => {
  const { box, server, env, replaceAt } = await accountOf('unreal');
  replaceAt(2);
  const { exit, stderr } = await box.keys(['rotate', 'b', '--grace', '0', '--to', 'file:got-b'], { env });
  expect({ exit, stderr }).toMatchObject({ exit: 6 });
  expect(stderr).toContain('another process has just rotated b, or revoked its key: nothing was done here');
  expect(server.requests.filter((call) => !call.startsWith('GET'))).toEqual([]);
  expect(server.keys.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
});

test.each(['unreal', 'list-only'])('%s: of many keys, one that is gone is not rotated', async (provider) => {
  const { box, server, env, replaceAt } = await accountOf(provider);
  const replaced = server.keys.find(({ name }) => name === 'b')?.hash;
  replaceAt(2);
  const args = ['rotate', '--all', '--grace', '0', '--to', 'exec:sh take.sh {name}', '--yes'];
  const { exit, stderr } = await box.keys(args, { env });
  expect(exit, stderr).toBe(6);
  expect(stderr).toContain('another process has just rotated b');
  expect(server.requests.filter((call) => call.startsWith('POST'))).toHaveLength(2);
  expect(server.requests).not.toContain(`DELETE /v1/keys/${replaced}`);
  expect(server.keys.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
});
