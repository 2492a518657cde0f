import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PostgresStore } from '../../../src/authority/postgres/postgres-store.ts';
import type { Work } from '../../../src/authority/store/work.ts';
import { all, get, run } from '../../../src/authority/store/work.ts';
import { failureIn } from '../../support/failure.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import type { TestPostgres } from '../../support/postgres.ts';
import { postgresPassword, testPostgres } from '../../support/postgres.ts';
import { lacksPostgres } from '../../support/postgres-programs.ts';

interface Fixture {
  server: TestPostgres;
  name: string;
  open(options?: { port?: number; timeoutMs?: number }): PostgresStore;
}

/** A database of the test's own, and stores that use it. */
async function fixture(): Promise<Fixture> {
  const server = await testPostgres();
  const { name } = await server.createDatabase();
  return {
    server,
    name,
    open({ port, timeoutMs = 5000 } = {}) {
      const store = new PostgresStore(server.url(name, port), {
        env: { PGPASSWORD: postgresPassword },
        timeoutMs,
      });
      onTestFinished(() => store.close());
      return store;
    },
  };
}

function* setSetting(name: string, value: string): Work<number> {
  return yield* run('INSERT INTO settings (name, value) VALUES (?, ?)', name, value);
}

function* settings(): Work<string[]> {
  const rows = yield* all('SELECT name FROM settings ORDER BY name');
  return rows.map((row) => String(row.name));
}

/** Adds one to a number that is kept as text. */
function* increment(name: string): Work<void> {
  const row = yield* get('SELECT value FROM settings WHERE name = ?', name);
  yield* run('UPDATE settings SET value = ? WHERE name = ?', String(Number(row?.value) + 1), name);
}

describe.skipIf(lacksPostgres())('a store on PostgreSQL', () => {
  test('changes all or nothing', async () => {
    const store = (await fixture()).open();
    await store.write(() => setSetting('a', '1'));
    const failing = store.write(function* (): Work<void> {
      yield* setSetting('b', '1');
      throw new Error('stopped');
    });
    await expect(failing).rejects.toThrow('stopped');
    expect(await store.read(settings)).toEqual(['a']);
  });

  test('a rejected value is an error where it was yielded, and changes nothing', async () => {
    const store = (await fixture()).open();
    await store.write(() => setSetting('a', '1'));
    let seen: unknown;
    const writing = store.write(function* (): Work<void> {
      yield* setSetting('b', '1');
      try {
        yield* setSetting('a', '2');
      } catch (error) {
        seen = error;
        throw error;
      }
    });
    expect((await failureIn(writing)).code).toBe('authority_unusable');
    expect(seen).toBeDefined();
    expect(await store.read(settings)).toEqual(['a']);
  });

  test('reads change nothing, and see one moment', async () => {
    const { open, server, name } = await fixture();
    const store = open();
    expect((await failureIn(store.read(() => setSetting('a', '1')))).code).toBe('authority_unusable');
    const counts = await store.read(function* (): Work<number[]> {
      const before = yield* settings();
      const other = server.run(name, "INSERT INTO settings VALUES ('late', '1')");
      other.catch(() => {});
      yield* all('SELECT pg_sleep(0.3)');
      return [before.length, (yield* settings()).length];
    });
    expect(counts).toEqual([0, 0]);
    expect(await store.read(settings)).toEqual(['late']);
  });

  test('changes that meet run again: none is lost', async () => {
    const { open } = await fixture();
    const stores = [open({ timeoutMs: 30_000 }), open({ timeoutMs: 30_000 })];
    await stores[0]?.write(() => setSetting('n', '0'));
    const writes = Array.from({ length: 40 }, (_, index) => stores[index % 2]?.write(() => increment('n')));
    await Promise.all(writes);
    const row = await stores[0]?.read(() => get('SELECT value FROM settings'));
    expect(row?.value).toBe('40');
  });

  test('a slow change comes through although quick ones meet it all the time', async () => {
    const { open } = await fixture();
    const [quick, slow] = [open(), open()];
    const change = (name: string, seconds: number) =>
      function* (): Work<void> {
        yield* settings();
        yield* all('SELECT pg_sleep(?)', seconds);
        yield* setSetting(name, '1');
      };
    await slow.open();
    let isOver = false;
    const meeting = async (worker: number) => {
      for (let count = 0; !isOver; count += 1) await quick.write(change(`quick ${worker} ${count}`, 0));
    };
    const meetings = [meeting(1), meeting(2)];
    try {
      for (let round = 0; round < 3; round += 1) await slow.write(change(`slow ${round}`, 0.2));
    } finally {
      isOver = true;
      await Promise.all(meetings);
    }
    expect((await slow.read(settings)).filter((name) => name.startsWith('slow'))).toHaveLength(3);
  });

  test('a change comes through although uses of the same key are counted all the time', async () => {
    const { open, server, name } = await fixture();
    const store = open();
    await store.write(() =>
      run(
        `INSERT INTO keys (id, name, prefix, secret_hash, created_at, permissions, models, labels)
           VALUES ('k', 'k', 'sk_k', ?, 0, '[]', '[]', '{}')`,
        Buffer.alloc(32),
      ),
    );
    const counting = Array.from({ length: 3 }, () =>
      server.run(
        name,
        `DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM settings WHERE name = 'stop') LOOP
           INSERT INTO commits VALUES (gen_random_uuid(), 0);
           UPDATE keys SET requests = requests + 1 WHERE id = 'k';
           COMMIT; END LOOP; END $$`,
      ),
    );
    for (let round = 1; round <= 5; round += 1) {
      await store.write(function* (): Work<void> {
        yield* get('SELECT * FROM keys WHERE id = ?', 'k');
        yield* all('SELECT pg_sleep(0.02)');
        yield* run('UPDATE keys SET description = ? WHERE id = ?', String(round), 'k');
      });
    }
    await store.write(() => setSetting('stop', '1'));
    await Promise.all(counting);
    expect((await store.read(() => get('SELECT description FROM keys')))?.description).toBe('5');
  });

  test('a connection that is ended in the middle of a change: it runs again, once', async () => {
    const { open, server, name } = await fixture();
    const store = open();
    await store.write(() => setSetting('n', '0'));
    let attempts = 0;
    await store.write(function* (): Work<void> {
      attempts += 1;
      yield* increment('n');
      if (attempts > 1) return;
      const row = yield* get('SELECT pg_backend_pid() AS pid');
      const ended = server.run(name, `SELECT pg_terminate_backend(${Number(row?.pid)})`);
      ended.catch(() => {});
      yield* all('SELECT pg_sleep(5)');
    });
    expect(attempts).toBe(2);
    expect((await store.read(() => get('SELECT value FROM settings')))?.value).toBe('1');
  });

  test.for(['before the server has it', 'before its answer arrives'])(
    'a connection that is cut while it commits, %s: the change happens exactly once, and succeeds',
    async (moment) => {
      const { open, server } = await fixture();
      const proxy = await FaultyProxy.start(server.port);
      const store = open({ port: proxy.port });
      await store.write(() => setSetting('n', '0'));
      let cuts = 0;
      let attempts = 0;
      proxy.cutsBefore = (piece, from) => {
        const text = piece.toString('latin1');
        const isHere = moment.includes('answer')
          ? from === 'server' && text.includes('COMMIT\0')
          : from === 'client' && text.includes('COMMIT');
        if (isHere && cuts === 0) {
          cuts += 1;
          return true;
        }
        return false;
      };
      await store.write(() => {
        attempts += 1;
        return increment('n');
      });
      expect(cuts).toBe(1);
      expect(attempts).toBe(moment.includes('answer') ? 1 : 2);
      expect((await store.read(() => get('SELECT value FROM settings')))?.value).toBe('1');
    },
  );

  test('a server that is gone while it commits: the failure says that the change may have happened', async () => {
    const { open, server } = await fixture();
    const proxy = await FaultyProxy.start(server.port);
    const store = open({ port: proxy.port, timeoutMs: 400 });
    await store.open();
    proxy.cutsBefore = (piece, from) => {
      const isCommit = from === 'client' && piece.toString('latin1').includes('COMMIT');
      if (isCommit) proxy.fault = 'refuse';
      return isCommit;
    };
    const failure = await failureIn(store.write(() => setSetting('a', '1')));
    expect(failure).toMatchObject({ exit: 'network', code: 'reply_lost' });
    expect(failure.message).toContain('may or may not have happened');
  });

  test('a server that is killed and comes back: what was committed is there, and the store works again', async () => {
    const { open, server } = await fixture();
    const store = open();
    await store.write(() => setSetting('a', '1'));
    await server.kill();
    const failure = await failureIn(store.write(() => setSetting('b', '1')));
    expect(failure).toMatchObject({ exit: 'network', code: 'authority_unreachable' });
    await server.restart();
    expect(await store.read(settings)).toEqual(['a']);
    await store.write(() => setSetting('b', '1'));
    expect(await store.read(settings)).toEqual(['a', 'b']);
  });

  test('a read-only server: said so, and nothing is changed', async () => {
    const { open, server, name } = await fixture();
    await open().open();
    await server.run('postgres', `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    // A transaction may set itself to read and write; a replica does not let it.
    const failure = await failureIn(open().write(() => setSetting('a', '1')));
    expect(failure).toMatchObject({ code: 'authority_unusable' });
    expect(failure.message).toContain('read-only');
  });

  test('text that cannot be stored is replaced, as in SQLite', async () => {
    const store = (await fixture()).open();
    await store.write(() => setSetting('a\0b\ud800', 'x'));
    expect(await store.read(settings)).toEqual(['a\ufffdb\ufffd']);
  });

  test('a lock that another process holds: exit 1, after the time limit', async () => {
    const { open, server, name } = await fixture();
    const store = open({ timeoutMs: 300 });
    await store.open();
    const holding = server.run(name, 'BEGIN; LOCK TABLE settings; SELECT pg_sleep(2); COMMIT');
    await sleep(150);
    const failure = await failureIn(store.write(() => setSetting('a', '1')));
    expect(failure).toMatchObject({ exit: 'failed', code: 'authority_busy' });
    await holding;
  });
});
