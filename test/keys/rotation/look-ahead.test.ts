import { describe, expect, test } from 'vitest';
import { KeysError } from '../../../src/base/errors.ts';
import type { Key } from '../../../src/keys/key.ts';
import type { OpenOperation } from '../../../src/keys/operations/open-operation.ts';
import { LookAhead, lookAt } from '../../../src/keys/rotation/look-ahead.ts';
import { monotonicMs } from '../../../src/platform/monotonic.ts';
import { FakeWorld } from '../../support/fake-backend.ts';
import { key } from '../../support/key.ts';

/** The names that are taken, in order, and what the list has. */
class Account {
  readonly events: string[] = [];
  readonly #listed: ReturnType<typeof key>[];
  readonly #journal: OpenOperation[] | Error;
  readonly #onList: () => void;

  constructor(names: string[], journal: OpenOperation[] | Error = [], onList = () => {}) {
    this.#journal = journal;
    this.#onList = onList;
    this.#listed = names.map((name) => key({ id: `old-${name}`, name }));
  }

  async claimName(name: string): Promise<() => void> {
    if (name === 'taken') throw new KeysError({ code: 'rotation_under_way', message: 'taken' });
    this.events.push(`claim ${name}`);
    return () => void this.events.push(`release ${name}`);
  }

  async openRotations(...names: string[]) {
    this.events.push(`journal of ${names.join(', ')}`);
    if (this.#journal instanceof Error) throw this.#journal;
    return this.#journal;
  }

  readonly backend = {
    list: async () => {
      this.events.push('list');
      this.#onList();
      return this.#listed;
    },
  };
}

const target = (name: string) => key({ id: `old-${name}`, name });

test('keys are listed and the journal is read once, when all of their names are taken', async () => {
  const account = new Account(['a', 'b']);
  const [a, b, gone] = [target('a'), target('b'), target('gone')];
  const ahead = new LookAhead(account, [a, b, gone]);
  const [first, second, third] = await Promise.all([ahead.at(a, 4), ahead.at(b, 4), ahead.at(gone, 4)]);
  expect(account.events).toEqual(['claim a', 'claim b', 'claim gone', 'journal of a, b, gone', 'list']);
  expect([first, second, third].map((one) => one?.seen?.key.id)).toEqual(['old-a', 'old-b', undefined]);
  await ahead.end();
  expect(account.events.slice(5)).toEqual(['release a', 'release b', 'release gone']);
});

test('each key gets the unfinished rotations of its own name', async () => {
  const of = (name: string, id: string) => ({ path: id, header: { plan: { name } } }) as OpenOperation;
  const account = new Account(['a', 'b'], [of('b', '1'), of('a', '2'), of('b', '3')]);
  const [a, b, c] = [target('a'), target('b'), target('c')];
  const ahead = new LookAhead(account, [a, b, c]);
  const paths = async (one: typeof a) => (await ahead.at(one, 4))?.unfinished?.map(({ path }) => path);
  expect([await paths(a), await paths(b), await paths(c)]).toEqual([['2'], ['1', '3'], []]);
});

test('a journal that cannot be read is looked at again for each key, which reports it', async () => {
  const failure = new KeysError({ code: 'journal_unreadable', message: 'it cannot be read' });
  const a = target('a');
  const seen = await new LookAhead(new Account(['a'], failure), [a, target('b')]).at(a, 4);
  expect(seen?.seen?.key.id).toBe('old-a');
  expect(seen).not.toHaveProperty('unfinished');
});

test('a name that another process has taken stops its own rotation only', async () => {
  const account = new Account(['a', 'taken']);
  const [a, taken] = [target('a'), target('taken')];
  const ahead = new LookAhead(account, [a, taken]);
  const refused = await ahead.at(taken, 4);
  expect(() => refused?.claim()).toThrow('taken');
  expect((await ahead.at(a, 4))?.claim()).toBeTypeOf('function');
});

describe('a later group has as many keys as are rotated in a moment', () => {
  /** How many names are taken when half of the first group has begun so many ms after its first key. */
  async function claimsAfter(halfMs: number, { listMs = 0 } = {}): Promise<number> {
    const targets = Array.from({ length: 500 }, (_, index) => target(`n${index}`));
    let now = 0;
    const account = new Account([], [], () => {
      now += listMs;
    });
    const ahead = new LookAhead(account, targets, () => now);
    const claims = () => account.events.filter((event) => event.startsWith('claim')).length;
    const at = async (index: number) => ahead.at(targets[index] ?? target(''), 4);
    await at(0);
    expect(claims()).toBe(48);
    await at(23);
    expect(claims()).toBe(48);
    now += halfMs;
    await at(24);
    // They are taken meanwhile, a few at a time.
    expect(claims()).toBeLessThan(96);
    await at(48);
    await ahead.end();
    return claims() - 48;
  }

  test.each([
    ['at 16 keys a second', 1000, {}, 64],
    ['at 64 keys a second', 250, {}, 256],
    ['no fewer than the first one, however slow the API is', 5000, {}, 48],
    ['fewer if a list takes so long that they would be old at the end', 250, { listMs: 7000 }, 128],
    ['no fewer than the first one, however long a list takes', 250, { listMs: 20_000 }, 48],
    ['every one that is left, if no time passes', 0, {}, 452],
  ])('%s', async (_, halfMs, list, size) => {
    expect(await claimsAfter(halfMs, list)).toBe(size);
  });
});

/** An account in which a key is found, or only listed, or neither. */
function accountWith({ found, listed = [] }: { found?: Key; listed?: Key[] }, show = true) {
  const backend = { ...new FakeWorld().backend(), get: async () => found };
  return {
    backend: { ...backend, capabilities: { ...backend.capabilities, show, endsLists: false } },
    listKeys: async () => listed,
  };
}

test('a key that was seen some time ago, or is another one, is looked at again', async () => {
  const account = accountWith({ found: key({ id: 'old-a', name: 'a', description: 'now' }) });
  const listed = target('a');
  const seen = (ageMs: number, id = 'old-a') => ({
    key: key({ id, name: 'a', description: 'then' }),
    seenAt: monotonicMs() - ageMs,
  });
  const description = async (one?: ReturnType<typeof seen>) =>
    (await lookAt(account, listed, { seen: one }))?.key.description;
  expect(await description(seen(5_000))).toBe('then');
  expect(await description(seen(11_000))).toBe('now');
  expect(await description(seen(0, 'old-b'))).toBe('now');
  expect(await description()).toBe('now');
});

test('a key is gone if it is neither found nor in a list that is whole', async () => {
  const listed = target('a');
  const others = Array.from({ length: 50 }, (_, number) => key({ id: `id-${number}`, name: `${number}` }));
  expect(await lookAt(accountWith({}), listed)).toBeUndefined();
  expect(await lookAt(accountWith({}, false), listed)).toBeUndefined();
  expect((await lookAt(accountWith({ listed: [listed] }), listed))?.key).toMatchObject({ id: 'old-a' });
  expect((await lookAt(accountWith({ listed: [listed] }, false), listed))?.key).toMatchObject({
    id: 'old-a',
  });
  // What finds keys decides; a list that may be cut at 50 keys does not.
  expect(await lookAt(accountWith({ listed: others }), listed)).toBeUndefined();
  expect((await lookAt(accountWith({ listed: others }, false), listed))?.key).toBe(listed);
  // Nor is a list read again that is young.
  const listedAt = monotonicMs();
  expect((await lookAt(accountWith({}, false), listed, { listedAt }))?.key).toBe(listed);
  expect(await lookAt(accountWith({}, false), listed, { listedAt: listedAt - 2_000 })).toBeUndefined();
  expect(await lookAt(accountWith({}), listed, { listedAt })).toBeUndefined();
});
