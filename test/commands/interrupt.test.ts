import { expect, test } from 'vitest';
import { withProfiles } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/** An operation of another profile, whose secret waits. */
async function waitingElsewhere() {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  box.expectEscrow();
  const tokenCommand = ['sh', '-c', 'printf tok-; printf EXAMPLE'];
  withProfiles(box, { work: { provider: 'unreal', url: server.url, escrow: 'file', tokenCommand } });
  const env = { PATH: `${new StandIns().add('no', { code: 1 }).folder}:${process.env.PATH}` };
  const create = ['create', 'ci', '--to', 'exec:no', '--profile', 'work'];
  expect((await box.keys(create, { env })).exit).toBe(5);
  expect(server.keys).toHaveLength(1);
  return { box, server, env };
}

test('Ctrl-C does not cut off a revocation that recover has started in another profile', async () => {
  const { box, server, env } = await waitingElsewhere();
  const interrupt = new AbortController();
  server.onRequest = async (call) => {
    if (!call.startsWith('DELETE')) return;
    interrupt.abort();
    await new Promise((resume) => setTimeout(resume, 100));
  };
  const args = ['recover', '--all', '--revoke', '--yes', '--json'];
  const run = await box.keys(args, { env, interrupt: interrupt.signal });
  expect(run.exit, run.stderr).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject([{ outcome: 'revoked' }]);
  expect(server.keys).toEqual([]);
});

test('a second Ctrl-C stops waiting for it; the operation stays open: exit 5', async () => {
  const { box, server, env } = await waitingElsewhere();
  const [interrupt, urgent] = [new AbortController(), new AbortController()];
  server.onRequest = async (call) => {
    if (!call.startsWith('DELETE')) return;
    interrupt.abort();
    urgent.abort();
    await new Promise((resume) => setTimeout(resume, 500));
  };
  const args = ['recover', '--all', '--revoke', '--yes', '--json'];
  const run = await box.keys(args, { env, interrupt: interrupt.signal, urgent: urgent.signal });
  expect(run.exit, run.stderr).toBe(5);
  expect(`${run.stdout}${run.stderr}`).not.toContain('nothing was changed');
  server.onRequest = async () => {};
  expect((await box.keys(args, { env })).exit).toBe(0);
});

test('Ctrl-C between two revocations names the remaining keys: exit 5', async () => {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  for (const name of ['a', 'b', 'c']) server.add(name);
  const interrupt = new AbortController();
  server.onRequest = async (call) => {
    if (call.startsWith('DELETE')) interrupt.abort();
  };
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const args = ['revoke', 'a', 'b', 'c', '--yes'];
  const run = await box.keys(args, { env, interrupt: interrupt.signal });
  expect(run.exit).toBe(5);
  expect(run.stderr).toContain('revoked 1 of 3 keys');
  expect(run.stderr).toMatch(/hint: keys revoke hash2abcdef hash3abcdef --yes/);
  expect(server.keys.map(({ name }) => name)).toEqual(['b', 'c']);
});
