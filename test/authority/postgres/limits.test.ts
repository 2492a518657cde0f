import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PostgresStore } from '../../../src/authority/postgres/postgres-store.ts';
import type { Work } from '../../../src/authority/store/work.ts';
import { all, run } from '../../../src/authority/store/work.ts';
import { KeysError } from '../../../src/base/errors.ts';
import { problemOf } from '../../../src/server/problem-of.ts';
import { failureIn } from '../../support/failure.ts';
import { giveAway, postgresPassword, TestPostgres } from '../../support/postgres.ts';
import { lacksPostgres } from '../../support/postgres-programs.ts';
import { cannotMount } from '../../support/real-parts.ts';
import { mountSmallDisk } from '../../support/small-disk.ts';

function open(url: string): PostgresStore {
  const store = new PostgresStore(url, { env: { PGPASSWORD: postgresPassword }, timeoutMs: 5000 });
  onTestFinished(() => store.close());
  return store;
}

function* setSettings(prefix: string, count: number): Work<void> {
  for (let index = 0; index < count; index += 1) {
    yield* run('INSERT INTO settings (name, value) VALUES (?, ?)', `${prefix}${index}`, 'x'.repeat(1000));
  }
}

function* settings(): Work<number> {
  return (yield* all('SELECT name FROM settings')).length;
}

/** What a server answers: it may pass. */
const unavailable = { status: 503, code: 'AUTHORITY_UNAVAILABLE' };

const diskBytes = 24 * 1024 * 1024;

describe.skipIf(lacksPostgres())('a PostgreSQL server at its limits', () => {
  test.skipIf(cannotMount())(
    'a full disk: said so, nothing half-written, and it works again with space',
    async () => {
      const server = await TestPostgres.start();
      onTestFinished(() => server.stop());
      const folder = join(server.folder, 'small');
      const disk = mountSmallDisk(folder, diskBytes);
      giveAway(folder);
      await server.run('postgres', `CREATE TABLESPACE small LOCATION '${folder}'`);
      await server.run('postgres', 'CREATE DATABASE small TABLESPACE small');
      const store = open(server.url('small'));
      await store.write(() => setSettings('before', 1));
      disk.fill();
      const failure = await failureIn(store.write(() => setSettings('during', 5000)));
      expect(failure).toMatchObject({ exit: 'failed', code: 'authority_unusable' });
      expect(failure.message).toContain("the server's disk is full; nothing was changed");
      expect(problemOf(new KeysError(failure))).toMatchObject(unavailable);
      disk.free();
      expect(await store.read(settings)).toBe(1);
      await store.write(() => setSettings('after', 1));
      expect(await store.read(settings)).toBe(2);
      await store.close();
    },
  );

  test('that acknowledges before it writes: a change is on disk all the same', async () => {
    const server = await TestPostgres.start(['synchronous_commit = off', 'wal_writer_delay = 10s']);
    onTestFinished(() => server.stop());
    await server.run('postgres', 'CREATE DATABASE hasty');
    const store = open(server.url('hasty'));
    await store.open();
    await server.run('postgres', 'CHECKPOINT');
    await store.write(() => setSettings('a', 1));
    await server.kill();
    await server.restart();
    expect(await server.run('hasty', 'SELECT name FROM settings')).toEqual([{ name: 'a0' }]);
    await store.close();
  });

  test('a replica answers questions, and says that it cannot change anything', async () => {
    const server = await TestPostgres.start();
    onTestFinished(() => server.stop());
    await server.run('postgres', 'CREATE DATABASE copied');
    const primary = open(server.url('copied'));
    await primary.write(() => setSettings('a', 1));
    await primary.close();
    const replica = await server.startReplica();
    onTestFinished(() => replica.stop());
    const store = open(replica.url('copied'));
    expect(await store.read(settings)).toBe(1);
    const failure = await failureIn(store.write(() => setSettings('b', 1)));
    expect(failure).toMatchObject({ exit: 'failed', code: 'authority_unusable' });
    expect(failure.message).toContain('read-only replica');
    expect(problemOf(new KeysError(failure))).toMatchObject(unavailable);
    await store.close();
  });
});
