import { describe, expect, test } from 'vitest';
import { withProfiles } from '../support/escrow.ts';
import { postgresPassword, testPostgres } from '../support/postgres.ts';
import { lacksPostgres } from '../support/postgres-programs.ts';
import { Sandbox } from '../support/sandbox.ts';

/* The embedded authority on a PostgreSQL database: the commands of the profile `local`, sessions, and what cannot be done there. */

async function boxOn() {
  const box = new Sandbox();
  const { name, url } = await (await testPostgres()).createDatabase();
  const env = { PGPASSWORD: postgresPassword, KEYS_DB: url };
  const keys = (args: string[], own: Record<string, string | undefined> = {}) =>
    box.keys(args, { env: { ...env, ...own } });
  const json = async (args: string[]) => {
    const { exit, stdout, stderr } = await keys([...args, '--json']);
    expect(exit, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  return { box, name, url, keys, json };
}

describe.skipIf(lacksPostgres())('a database that KEYS_DB names', () => {
  test('keeps the keys of the profile local from their creation to their end', async () => {
    const { box, keys, json } = await boxOn();
    for (const file of ['first', 'second']) box.expectSecretIn(file);
    const { id } = await json([
      'create',
      'ci',
      '--to',
      'file:first',
      '--expires',
      '90d',
      '--label',
      'team=web',
    ]);
    await json(['update', id, '--budget', '5', '--models', 'small']);
    expect(await json(['list'])).toMatchObject([{ id, name: 'ci', budgetUsd: 5, labels: { team: 'web' } }]);
    expect(await json(['list', '--search', 'TEAM=WEB', '--sort', 'createdAt', '--limit', '1'])).toMatchObject(
      [{ id }],
    );
    expect((await keys(['verify', '--from', 'file:first'])).exit).toBe(0);
    const { newId } = await json(['rotate', 'ci', '--grace', '0', '--to', 'file:second']);
    expect(await json(['list', '--status', 'all'])).toMatchObject([
      { id: newId, status: 'active' },
      { id, status: 'revoked' },
    ]);
    expect((await keys(['verify', '--from', 'file:first'])).exit).not.toBe(0);
    await json(['revoke', 'ci', '--yes']);
    expect(await json(['list'])).toEqual([]);
    expect((await json(['status'])).provider).toBe('local');
    expect(await json(['usage'])).toEqual([]);
    expect(await json(['logs'])).toEqual([]);
  });

  test('has sessions, which --db names too', async () => {
    const { box, url, keys, json } = await boxOn();
    box.expectSecretIn('token');
    const { id } = await json([
      'session',
      'create',
      '--user',
      'ada',
      '--max-budget',
      '5',
      '--to',
      'file:token',
    ]);
    const elsewhere = { KEYS_DB: undefined };
    const listed = await keys(['session', 'list', '--db', url, '--json'], elsewhere);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id, user: 'ada', status: 'active' }]);
    expect((await keys(['session', 'revoke', id, '--db', url], elsewhere)).exit).toBe(0);
    expect(await json(['session', 'list'])).toEqual([]);
  });

  test('is where an interrupted operation is recovered, whatever the default is by then', async () => {
    const { box, keys, json } = await boxOn();
    box.expectEscrow();
    withProfiles(box, { local: { provider: 'local', url: null, escrow: 'file' } });
    const created = await keys(['create', 'ci', '--to', 'exec:false']);
    expect(created.exit, created.stderr).toBe(5);
    const recovered = await keys(['recover', '--revoke', '--yes'], { KEYS_DB: undefined });
    expect(recovered.exit, recovered.stderr).toBe(0);
    expect(await json(['list', '--status', 'all'])).toMatchObject([{ name: 'ci', status: 'revoked' }]);
    expect((await keys(['list', '--json'], { KEYS_DB: undefined })).stdout).toBe('[]\n');
  });

  test('is told apart from a database that holds nothing yet, or cannot be used', async () => {
    const { name, url, keys } = await boxOn();
    const finding = async (own = {}) => {
      const { stdout } = await keys(['doctor', '--json'], own);
      return JSON.parse(stdout).find(({ check }: { check: string }) => check === 'authority');
    };
    expect(await finding()).toMatchObject({
      status: 'ok',
      message: `${url} can be used; the first command creates the tables`,
    });
    await keys(['list']);
    expect((await finding()).message).toMatch(/can be used: 0 keys, schema \d+, log kept for 90d$/);
    expect(await finding({ PGPASSWORD: 'wrong-EXAMPLE' })).toMatchObject({ status: 'fail' });
    expect((await keys(['list'], { PGPASSWORD: 'wrong-EXAMPLE' })).exit).toBe(4);
    const server = await testPostgres();
    for (const [statement, problem] of [
      ['CREATE TABLE sessions (id INT)', "a table 'sessions' of another program"],
      ['ALTER DATABASE :name SET default_transaction_read_only = on', 'it is a read-only replica'],
    ] as const) {
      const other = await server.createDatabase();
      await server.run(other.name, statement.replace(':name', other.name));
      expect(await finding({ KEYS_DB: other.url })).toMatchObject({
        status: 'fail',
        message: expect.stringContaining(problem),
      });
    }
    await server.run('postgres', `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    expect(await finding()).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('it is a read-only replica'),
    });
  });

  test.each([
    [['backup', 'authority.db'], 'pg_dump --format=custom --file=authority.db <url>'],
    [['restore', 'authority.db', '--yes'], 'pg_restore --clean --if-exists --dbname=<url> authority.db'],
  ])('is not copied as a file: %j', async (args, hint) => {
    const { keys } = await boxOn();
    const { exit, stderr } = await keys(args);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(hint)]);
  });
});

test.each([
  [['session', 'list', '--db', 'postgres://keys:hunter2-EXAMPLE@127.0.0.1:1/keys'], {}],
  [['serve', '--db', 'postgresql://127.0.0.1:1/keys?password=hunter2-EXAMPLE'], {}],
  [['backup', 'file', '--db', 'postgres://keys:hunter2-EXAMPLE@127.0.0.1:port/keys'], {}],
  [['list', '--url', 'postgres://keys:hunter2-EXAMPLE@127.0.0.1:1/keys'], {}],
  [['list'], { KEYS_DB: 'postgres://keys:hunter2-EXAMPLE@127.0.0.1:1/keys' }],
  [['status'], { KEYS_DB: 'postgres://keys:hunter2-EXAMPLE@127.0.0.1:1/keys' }],
  [['session', 'list'], { KEYS_DB: 'postgres://keys:hunter2-EXAMPLE@127.0.0.1:1/keys' }],
  [['list'], { KEYS_URL: 'postgres://keys:hunter2-EXAMPLE@127.0.0.1:1/keys', KEYS_PROVIDER: 'local' }],
])('a password in a database URL is refused and not repeated: %j %j', async (args, env) => {
  const { exit, stdout, stderr } = await new Sandbox().keys(args, { env });
  expect([exit, stderr]).toEqual([2, expect.stringContaining('a password in a database URL')]);
  expect(stdout + stderr).not.toContain('hunter2');
});

test('a database in another file is that of the profile local, too', async () => {
  const box = new Sandbox();
  box.expectSecretIn('secret');
  const env = { KEYS_DB: 'other.db' };
  await box.keys(['create', 'ci', '--to', 'file:secret'], { env });
  expect(JSON.parse((await box.keys(['list', '--json'], { env })).stdout)).toMatchObject([{ name: 'ci' }]);
  expect((await box.keys(['list', '--json'])).stdout).toBe('[]\n');
});
