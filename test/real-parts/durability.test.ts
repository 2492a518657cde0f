import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Header } from '../../src/keys/operations/open-operation.ts';
import { quirkyWorld } from '../support/key-worlds.ts';
import type { VisibleCall } from '../support/power-cuts.ts';
import { visibleCallsOf } from '../support/power-cuts.ts';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Served } from '../support/serving.ts';
import { startServe } from '../support/serving.ts';

/* Writes are synced to disk before they are acknowledged: the system calls are counted, or taken in their order. */

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

describe.skipIf(lacks('strace'))('a power cut at any call of a rotation', () => {
  const names = ['app-1', 'app-2', 'app-3'];

  test.each([
    ['7d', 'none'],
    ['0', 'none'],
    ['7d', 'file'],
    ['0', 'file'],
  ])('--grace %s, escrow %s', async (grace, escrow) => {
    const box = new Sandbox();
    if (escrow === 'file') box.expectEscrow();
    const world = await quirkyWorld(box, escrow === 'file' ? { escrow } : {}, { listsWhole: true });
    const to = ['--to', 'exec:dd of={name} status=none'];
    const oldIds = new Map<string, string>();
    for (const name of names) {
      box.expectSecretIn(name);
      await box.keys(['create', name, ...to], { env: world.env });
      oldIds.set(name, world.idOf(box.read(name)) ?? '');
    }
    const last = grace === '0' ? 'delivered' : 'superseded';
    const args = ['rotate', '--all', '--grace', grace, ...to, '--format', 'ndjson', '--yes'];
    const { calls } = await visibleCallsOf(box, args, world.env);

    /** The steps on disk, at each such call, of the operation of this name or with this id. */
    const stepsAt = (operation: string, isMeant: (call: string) => boolean) =>
      calls.filter(({ call }) => isMeant(call)).map(({ disk }) => operationOn(disk, operation)?.steps);
    for (const name of names) {
      const [created] = stepsAt(name, (call) => call.startsWith('POST') && call.includes(`"${name}"`));
      expect(created?.slice(-2)).toEqual(['reserved', 'creating']);
      const [started] = stepsAt(name, (call) => call.includes(`dd of=${name} `));
      expect(started?.slice(-2)).toEqual(['created', 'delivering']);
      if (escrow === 'file') {
        const isFor = (call: string) => call.includes(`"${name}"`) || call.includes(`dd of=${name} `);
        const held = calls
          .filter(({ call }) => isFor(call))
          .map(({ disk }) => operationOn(disk, name)?.escrow);
        expect(held[0]).toMatch(/^ +$/);
        expect(held[1]).toContain('"secret":');
      }
      const revoked = stepsAt(name, (call) => call.startsWith(`DELETE /keys/${oldIds.get(name)} `));
      expect(revoked.map((steps) => steps?.at(-1))).toEqual(grace === '0' ? ['delivered'] : []);
      const [printed] = stepsAt(name, (call) => call.startsWith('stdout') && call.includes(`"${name}"`));
      expect(printed?.at(-1)).toBe(last);
    }
    const removals = names.length * (Number(grace === '0') + Number(escrow === 'file'));
    expect(removalsIn(calls)).toEqual(Array(removals).fill(last));
  });

  test('of a create: nothing is removed before its delivery is on disk', async () => {
    const box = new Sandbox();
    box.expectEscrow();
    box.expectSecretIn('key');
    const world = await quirkyWorld(box, { escrow: 'file' }, {});
    const args = ['create', 'ci', '--to', 'exec:dd of=key status=none'];
    expect(removalsIn((await visibleCallsOf(box, args, world.env)).calls)).toEqual([
      'delivered',
      'delivered',
    ]);
  });
});

/** The last step on disk of each operation whose file or escrow is removed, at that moment. */
function removalsIn(calls: readonly VisibleCall[]): (string | undefined)[] {
  const removals = calls.filter(({ call }) =>
    /^unlink .*\/(?:operations|escrow)\/\w+(?:\.jsonl)?$/.test(call),
  );
  return removals.map(({ call, disk }) => operationOn(disk, basename(call, '.jsonl'))?.steps.at(-1));
}

/** An operation by its name or its id, if its file is on disk, with what its file in escrow has there. */
function operationOn(disk: ReadonlyMap<string, string>, nameOrId: string) {
  for (const [path, content] of disk) {
    if (!path.endsWith('.jsonl')) continue;
    const [header, ...lines] = content.trimEnd().split('\n');
    const { id, plan } = JSON.parse(header ?? '{}') as Partial<Pick<Header, 'id' | 'plan'>>;
    if (id !== nameOrId && plan?.name !== nameOrId) continue;
    const steps = lines.map((line) => (JSON.parse(line) as { step: string }).step);
    return { steps, escrow: disk.get(join(dirname(path), '..', 'escrow', id ?? '')) };
  }
  return undefined;
}

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
