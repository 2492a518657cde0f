import { expect, onTestFinished } from 'vitest';
import { postgresPassword, TestPostgres, testPostgres } from './postgres.ts';
import { Sandbox } from './sandbox.ts';
import type { Served } from './serving.ts';
import { startServe } from './serving.ts';

/* Three servers of the built program on one PostgreSQL database, as behind a load balancer. */

/** A key, with its value. */
export interface Created {
  id: string;
  secret: string;
}

/** A database server of its own, which the test may end, three servers, and an admin's calls of any of them. */
export async function startMortalFleet(args: readonly string[] = []) {
  const database = await TestPostgres.start();
  onTestFinished(() => database.stop());
  await database.run('postgres', 'CREATE DATABASE fleet');
  return startServers(args, database, 'fleet');
}

/** The same on the database server of other tests. */
export async function startFleet(args: readonly string[] = []) {
  const database = await testPostgres();
  const { name } = await database.createDatabase();
  return startServers(args, database, name);
}

async function startServers(args: readonly string[], database: TestPostgres, name: string) {
  const box = new Sandbox();
  const env = { KEYS_DB: database.url(name), PGPASSWORD: postgresPassword };
  const session = await box.keys(['session', 'create', '--user', 'admin', '--secret-only'], {
    secretOnStdout: true,
    env,
  });
  const servers = await Promise.all([1, 2, 3].map(() => startServe(box, args, { env })));
  const call = (url: string, method: string, path: string, body?: object) =>
    fetch(`${url}/admin${path}`, {
      method,
      headers: {
        authorization: `Bearer ${session.stdout.trim()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  const create = async (url: string, fields: object): Promise<Created> => {
    const answer = await call(url, 'POST', '/keys', fields);
    expect(answer.status).toBe(201);
    const { key, secret } = (await answer.json()) as { key: { id: string }; secret: string };
    return { id: key.id, secret };
  };
  return { box, env, database, name, servers, call, create };
}

/** How a server decides on a use of a key. */
export async function statusOf(url: string, secret: string): Promise<number> {
  const answer = await fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${secret}` } });
  await answer.text();
  return answer.status;
}

/** Reports what a call with a key has cost. */
export function spend(url: string, secret: string, cost: number): Promise<number> {
  return fetch(`${url}/v1/usage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ cost_usd: cost }),
  }).then(async (answer) => {
    await answer.text();
    return answer.status;
  });
}

/** The servers in turn. */
export const urlOf = (servers: readonly Served[], index: number) =>
  servers[index % servers.length]?.url ?? '';
