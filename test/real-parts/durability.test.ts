import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Served } from '../support/serving.ts';
import { startServe } from '../support/serving.ts';

/* Writes are synced to disk before they are acknowledged: the system calls are counted. */

describe.skipIf(lacks('strace'))('counted by strace', () => {
  test('uses need no sync; a new key, a revocation and a budget stop need one each', async () => {
    const box = new Sandbox();
    const server = await startServe(box);
    const run = await box.program(['create', 'ci', '--budget', '1', '--secret-only'], {
      secretOnStdout: true,
    });
    const session = await box.program(['session', 'create', '--user', 'ada', '--secret-only'], {
      secretOnStdout: true,
    });
    const headers = { 'x-api-key': run.stdout.trim(), 'content-type': 'application/json' };
    const ada = { authorization: `Bearer ${session.stdout.trim()}`, 'content-type': 'application/json' };
    const use = async () => (await fetch(`${server.url}/v1/authorize`, { headers })).status;
    const admin = (method: string, path: string, body?: string) =>
      fetch(`${server.url}/admin/keys${path}`, {
        method,
        headers: body ? ada : { authorization: ada.authorization },
        ...(body && { body }),
      });
    await use();
    await admin('POST', '', '{"name":"first"}');
    const syncs = await countSyncs(box, server);

    for (let count = 0; count < 300; count++) expect(await use()).toBe(200);
    expect(await syncs()).toBeLessThan(5);

    const before = await syncs();
    const created = await admin('POST', '', '{"name":"second"}');
    expect(await syncs()).toBeGreaterThan(before);
    const { key } = (await created.json()) as { key: { id: string } };
    const between = await syncs();
    expect((await admin('DELETE', `/${key.id}`)).status).toBe(204);
    expect(await syncs()).toBeGreaterThan(between);

    const report = { method: 'POST', headers, body: '{"cost_usd":1}' };
    expect((await fetch(`${server.url}/v1/usage`, report)).status).toBe(200);
    const spent = await syncs();
    expect(await use()).toBe(402);
    const stopped = await syncs();
    expect(stopped).toBeGreaterThan(spent);
    for (let count = 0; count < 20; count++) expect(await use()).toBe(402);
    expect(await syncs()).toBe(stopped);
  });
});

/** Watches the server; the result returns the number of syncs since then. */
async function countSyncs(box: Sandbox, { pid }: Served): Promise<() => Promise<number>> {
  const file = join(box.cwd, 'syncs');
  const strace = spawn('strace', ['-f', '-e', 'trace=fsync,fdatasync', '-o', file, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(async () => {
    strace.kill();
    await once(strace, 'close');
  });
  await once(strace.stderr, 'data');
  return async () => {
    // The trace reaches the file with a short delay.
    await new Promise((resume) => setTimeout(resume, 150));
    return [...readFileSync(file, 'utf8').matchAll(/f(?:data)?sync\(/g)].length;
  };
}
