import { describe, expect, test } from 'vitest';
import { TestPostgres } from '../../support/postgres.ts';
import { lacksPostgres } from '../../support/postgres-programs.ts';

describe.skipIf(lacksPostgres())('the PostgreSQL server of the tests', () => {
  test('keeps what it has committed when it is killed', async () => {
    const server = await TestPostgres.start();
    await server.run('postgres', 'CREATE TABLE kept (id INT)');
    await server.run('postgres', 'INSERT INTO kept VALUES (1)');
    await server.kill();
    await expect(server.run('postgres', 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await server.run('postgres', 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
    server.stop();
  });
});
