import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import type { KeyBackend, LogEntry, LogQuery } from '../../src/keys/ports.ts';
import { tail } from '../../src/keys/tail.ts';
import { collect } from '../support/collect.ts';
import { entriesOf, FakeWorld } from '../support/fake-backend.ts';
import { runs } from '../support/runs.ts';

const start = Date.parse('2026-11-20T12:00:00.000Z');

/** A use that many milliseconds after the start. */
function entry(at: number, path = '/'): LogEntry {
  return { timestamp: new Date(start + at).toISOString(), method: 'GET', path, statusCode: 200 };
}

/** The entries that a reader gets while these batches arrive, one per pause; and the queries to the backend. */
async function following(batches: readonly (readonly LogEntry[])[], query: LogQuery = {}) {
  const rows: LogEntry[] = [];
  const asked: LogQuery[] = [];
  const backend: KeyBackend = {
    ...new FakeWorld().backend(),
    logs: (request) => {
      asked.push(request);
      const since = request.since?.toISOString() ?? '';
      return entriesOf(rows.filter(({ timestamp }) => timestamp >= since).reverse());
    },
  };
  const waiting = [...batches];
  const stop = new AbortController();
  const pause = async () => {
    const batch = waiting.shift();
    if (batch) rows.push(...batch);
    else stop.abort();
  };
  const given: LogEntry[] = [];
  for await (const one of tail(backend, query, {
    signal: stop.signal,
    pause,
    since: new Date(start),
    onTrouble: async () => {},
  })) {
    given.push(one);
  }
  return { given, asked };
}

test('new entries are yielded once, oldest first, however often they are read', async () => {
  const [a, b, c] = [entry(1, '/a'), entry(2, '/b'), entry(9, '/c')];
  expect((await following([[a, b], [], [c], []])).given).toEqual([a, b, c]);
});

test('entries before the start are omitted; one in the same millisecond is not', async () => {
  expect((await following([[entry(-1), entry(0)]])).given).toEqual([entry(0)]);
});

test('equal entries of one millisecond are all yielded, in one read or in two', async () => {
  const twin = entry(5);
  expect((await following([[twin, twin], [twin], [], [twin, twin]])).given).toEqual(Array(5).fill(twin));
});

test('an entry that arrives late in the newest millisecond is not skipped', async () => {
  const [a, b, c] = [entry(5, '/a'), entry(5, '/b'), entry(6, '/c')];
  expect((await following([[a], [b], [c]])).given).toEqual([a, b, c]);
});

test('the query is kept, and starts again at the newest millisecond', async () => {
  const { asked } = await following([[entry(3)], [entry(7), entry(8)], []], {
    status: '4xx',
    keyId: 'aaaa0001',
  });
  expect(asked.map(({ since }) => Number(since) - start)).toEqual([0, 0, 3, 8]);
  for (const query of asked) expect(query).toMatchObject({ status: '4xx', keyId: 'aaaa0001' });
});

test('a reader that stops before the first read gets nothing', async () => {
  const backend = { ...new FakeWorld().backend(), logs: () => entriesOf([entry(1)]) };
  const quiet = { pause: async () => {}, onTrouble: async () => {} };
  const options = { signal: AbortSignal.abort(), since: new Date(start), ...quiet };
  expect(await collect(tail(backend, {}, options))).toEqual([]);
});

test('entries in any batches are yielded exactly once and in order', async () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 2 }), path: fc.constantFrom('/a', '/b') });
  const batch = fc.array(step, { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async (plan) => {
      let at = 0;
      const batches = plan.map((steps) =>
        steps.map(({ wait, path }) => {
          at += wait;
          return entry(at, path);
        }),
      );
      expect((await following(batches)).given).toEqual(batches.flat());
    }),
    runs(200),
  );
});

test('a transient failure is reported and the read is retried; no entry is yielded twice or omitted', async () => {
  const trouble = new KeysError({ exit: 'network', code: 'connection_failed', message: 'no answer' });
  const [a, b] = [entry(1, '/a'), entry(2, '/b')];
  const reads: (KeysError | LogEntry[])[] = [[a], trouble, [b, a]];
  const messages: string[] = [];
  const stop = new AbortController();
  const backend: KeyBackend = {
    ...new FakeWorld().backend(),
    logs: async function* () {
      const next = reads.shift() ?? [];
      if (reads.length === 0) stop.abort();
      if (next instanceof KeysError) throw next;
      yield* next;
    },
  };
  const onTrouble = async ({ message }: KeysError) => void messages.push(message);
  const options = { signal: stop.signal, pause: async () => {}, since: new Date(start), onTrouble };
  expect(await collect(tail(backend, {}, options))).toEqual([a, b]);
  expect(messages).toEqual(['no answer']);
});

test('a permanent failure ends the tail', async () => {
  const refused = new KeysError({ exit: 'auth', code: 'not_logged_in', message: 'no' });
  const backend: KeyBackend = {
    ...new FakeWorld().backend(),
    logs: () => {
      throw refused;
    },
  };
  const signal = new AbortController().signal;
  const options = { signal, pause: async () => {}, since: new Date(start), onTrouble: async () => {} };
  await expect(collect(tail(backend, {}, options))).rejects.toBe(refused);
});

test('entries of a server that lists the oldest first are yielded in the right order too', async () => {
  const [a, b, c] = [entry(1, '/a'), entry(2, '/b'), entry(3, '/c')];
  const stop = new AbortController();
  const backend: KeyBackend = { ...new FakeWorld().backend(), logs: () => entriesOf([a, b, c]) };
  const pause = async () => stop.abort();
  const options = { signal: stop.signal, pause, since: new Date(start), onTrouble: async () => {} };
  expect(await collect(tail(backend, {}, options))).toEqual([a, b, c]);
});
