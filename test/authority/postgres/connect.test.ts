import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DatabasePool } from '../../../src/authority/postgres/database-pool.ts';
import { parseDatabaseUrl } from '../../../src/authority/postgres/database-url.ts';
import { migrate } from '../../../src/authority/postgres/migrate.ts';
import { migrations } from '../../../src/authority/postgres/tables.ts';
import type { Environment } from '../../../src/platform/env.ts';
import { failureIn } from '../../support/failure.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { freePort } from '../../support/free-port.ts';
import { postgresPassword, TestPostgres, testPostgres } from '../../support/postgres.ts';
import { lacksPostgres } from '../../support/postgres-programs.ts';
import { hasOpenssl, selfSigned } from '../../support/self-signed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const withPassword = { PGPASSWORD: postgresPassword };

function open(url: string, env: Environment = withPassword, timeoutMs = 5000): DatabasePool {
  const pool = new DatabasePool(parseDatabaseUrl(url), { env, timeoutMs });
  onTestFinished(() => pool.close());
  return pool;
}

const ask = (pool: DatabasePool) => pool.use((session) => session.query('SELECT 1 AS one'));
const migrated = (pool: DatabasePool) => pool.use((session) => migrate(session, pool.address.shown));

describe.skipIf(lacksPostgres())('a connection to PostgreSQL', () => {
  test('has the password of PGPASSWORD, or of a file; the server is asked over TCP or its socket', async () => {
    const server = await testPostgres();
    const file = join(temporaryFolder(), 'passwords');
    writeFileSync(file, `*:*:*:keys:${postgresPassword}`, { mode: 0o600 });
    const socket = `postgres:///postgres?host=${server.folder}&port=${server.port}&user=keys`;
    for (const url of [server.url('postgres'), socket]) {
      for (const env of [withPassword, { PGPASSFILE: file }]) {
        expect((await ask(open(url, env))).rows).toEqual([{ one: 1 }]);
      }
    }
  });

  test('has the time limits, and a name at the server', async () => {
    const pool = open((await testPostgres()).url('postgres'), withPassword, 4000);
    const { rows } = await pool.use((session) =>
      session.query(`SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
                     current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('application_name') AS name`),
    );
    expect(rows).toEqual([{ statement: '4s', lock: '4s', idle: '8s', name: 'keys' }]);
  });

  test('reads values as SQLite has them', async () => {
    const pool = open((await testPostgres()).url('postgres'));
    const { rows } = await pool.use((session) =>
      session.query(`SELECT 9007199254740991::bigint AS big, true AS yes, '\\x00ff'::bytea AS bytes, SUM(x) AS sum,
                     NULL AS missing, '{"a":1}'::jsonb AS json FROM (VALUES (1::bigint), (2)) AS v (x)`),
    );
    expect(rows).toEqual([
      {
        big: 9007199254740991,
        yes: 1,
        bytes: Buffer.from([0, 255]),
        sum: 3,
        missing: null,
        json: '{"a": 1}',
      },
    ]);
  });

  test.for<[what: string, env: Environment, problem: string]>([
    ['a wrong password', { PGPASSWORD: 'wrong-EXAMPLE' }, 'password authentication failed'],
    ['no password', { PGPASSFILE: '', HOME: '/nonexistent' }, 'asks for a password, and there is none'],
  ])('%s: exit 4, and it is not repeated', async ([, env, problem]) => {
    const failure = await failureIn(ask(open((await testPostgres()).url('postgres'), env)));
    expect(failure).toMatchObject({ exit: 'auth', code: 'authority_login_failed' });
    expect(failure.message).toContain(problem);
    expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
  });

  test('an unknown database: exit 1', async () => {
    const failure = await failureIn(ask(open((await testPostgres()).url('missing'))));
    const hints = ['create it: createdb missing'];
    expect(failure).toMatchObject({ exit: 'failed', code: 'authority_unusable', hints });
    expect(failure.message).toContain('no database of this name');
  });

  test('a host that refuses, one that does not exist, and one that is silent: exit 7', async () => {
    const port = await freePort();
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { port: silentPort } = silent.address() as AddressInfo;
    for (const [place, problem] of [
      [`127.0.0.1:${port}`, 'ECONNREFUSED'],
      ['keys.invalid', 'keys.invalid'],
      [`127.0.0.1:${silentPort}`, 'timeout'],
    ]) {
      const pool = open(`postgres://ann@${place}/keys?sslmode=disable`, withPassword, 300);
      const failure = await failureIn(ask(pool));
      expect(failure).toMatchObject({ exit: 'network', code: 'authority_unreachable' });
      expect(failure.message).toContain(problem);
    }
  });

  test('a database that falls silent: exit 7 within the time limit, and the next connection works', async () => {
    const server = await testPostgres();
    const proxy = await FaultyProxy.start(server.port);
    const pool = open(server.url('postgres', proxy.port), withPassword, 300);
    await ask(pool);
    proxy.fault = 'silent';
    const failure = await failureIn(ask(pool));
    expect(failure).toMatchObject({ exit: 'network', code: 'authority_unreachable' });
    expect(failure.message).toContain('did not answer within 800 ms');
    proxy.fault = 'none';
    await ask(pool);
  });

  test('too many connections: exit 1, and which setting limits them', async () => {
    const server = await TestPostgres.start(['max_connections = 4', 'superuser_reserved_connections = 0']);
    const pool = open(server.url('postgres'));
    const hold = async (left: number): Promise<void> => {
      if (left === 0) return;
      await pool.use(async (session) => {
        await session.query('SELECT 1');
        await hold(left - 1);
      });
    };
    const failure = await failureIn(hold(6));
    expect(failure).toMatchObject({ exit: 'failed', code: 'authority_busy' });
    expect(failure.hints?.join()).toContain('max_connections');
    await pool.close();
    server.stop();
  });

  test.skipIf(!hasOpenssl)('TLS: verified against the host and the issuer, or refused', async () => {
    const { cert, key, file } = selfSigned('127.0.0.1');
    const server = await TestPostgres.start(['ssl = on'], { 'server.crt': cert, 'server.key': key });
    const place = (parameters: string, host = '127.0.0.1') =>
      `postgres://keys@${host}:${server.port}/postgres?${parameters}`;
    for (const parameters of ['sslmode=require', `sslmode=verify-full&sslrootcert=${file}`]) {
      const pool = open(place(parameters));
      const { rows } = await pool.use((session) =>
        session.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
      );
      expect(rows).toEqual([{ ssl: 1 }]);
    }
    await ask(open(place(`sslmode=verify-ca&sslrootcert=${file}`, 'localhost')));
    for (const url of [
      place('sslmode=verify-full'),
      place('sslmode=verify-ca'),
      place(`sslmode=verify-full&sslrootcert=${file}`, 'localhost'),
    ]) {
      expect(await failureIn(ask(open(url)))).toMatchObject({
        exit: 'network',
        code: 'authority_unreachable',
      });
    }
    server.stop();
  });

  test('a server without TLS is not talked to where TLS is wanted', async () => {
    const server = await testPostgres();
    const failure = await failureIn(ask(open(`${server.url('postgres')}?sslmode=require`)));
    expect(failure.message).toContain('does not offer TLS');
    expect(failure.exit).toBe('network');
  });
});

describe.skipIf(lacksPostgres())('the tables on PostgreSQL', () => {
  test('are made once, however many servers start at once', async () => {
    const { url } = await (await testPostgres()).createDatabase();
    await Promise.all(Array.from({ length: 8 }, () => migrated(open(url))));
    const pool = open(url);
    const { rows } = await pool.use((session) => session.query('SELECT version FROM keys_authority'));
    expect(rows).toEqual([{ version: migrations.length }]);
    await migrated(pool);
  });

  test('of a newer version are left alone', async () => {
    const server = await testPostgres();
    const { name, url } = await server.createDatabase();
    await migrated(open(url));
    await server.run(name, 'UPDATE keys_authority SET version = 9999');
    expect(await failureIn(migrated(open(url)))).toMatchObject({ exit: 'failed', code: 'authority_newer' });
  });

  test.for([
    'CREATE TABLE keys (id INT)',
    'CREATE TABLE keys_authority (version INT)',
    'CREATE VIEW users AS SELECT 1',
  ])('of another program are left alone: %s', async (statement) => {
    const server = await testPostgres();
    const { name, url } = await server.createDatabase();
    await server.run(name, statement);
    const failure = await failureIn(migrated(open(url)));
    expect(failure).toMatchObject({ exit: 'failed', code: 'authority_foreign' });
    const tables = await server.run(
      name,
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    );
    expect(tables).toHaveLength(1);
  });

  test('are not half made where nothing can be written', async () => {
    const server = await testPostgres();
    const { name, url } = await server.createDatabase();
    await server.run('postgres', `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const failure = await failureIn(migrated(open(url)));
    expect(failure).toMatchObject({ exit: 'failed', code: 'authority_unusable' });
    expect(failure.message).toContain('read-only');
    expect(await server.run(name, "SELECT 1 FROM pg_class WHERE relname = 'keys_authority'")).toEqual([]);
  });

  test('are not made by a user who may not', async () => {
    const server = await testPostgres();
    const { name } = await server.createDatabase();
    await server.run('postgres', `CREATE ROLE guest_${name} LOGIN PASSWORD '${postgresPassword}'`);
    onTestFinished(async () => void (await server.run('postgres', `DROP ROLE guest_${name}`)));
    const url = `postgres://guest_${name}@127.0.0.1:${server.port}/${name}`;
    const failure = await failureIn(migrated(open(url)));
    expect(failure).toMatchObject({ exit: 'auth', code: 'authority_login_failed' });
  });
});
