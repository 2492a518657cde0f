import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ownSession } from '../../src/platform/child-options.ts';
import { watchChild } from '../../src/platform/children.ts';
import { withProfiles } from '../support/escrow.ts';
import { Sandbox } from '../support/sandbox.ts';
import { StandIns } from '../support/stand-in.ts';
import { operations, Transcript, times } from '../support/transcript.ts';
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
  expect(new Transcript(box, [operations, times]).of(args, run)).toMatchInlineSnapshot(`
    "$ keys recover --all --revoke --yes --json
    exit 0
    --- stdout
    [
      {
        "operation": "[operation 1]",
        "kind": "create",
        "name": "ci",
        "id": "hash1abcdef",
        "at": "[time]",
        "profile": "work",
        "provider": "unreal",
        "sinks": [
          "exec:no"
        ],
        "escrow": "file",
        "delivered": [],
        "outcome": "revoked"
      }
    ]
    --- stderr
    revoked the key hash1abcdef
    "
  `);
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
  expect(new Transcript(box, [operations, times]).of(args, run)).toMatchInlineSnapshot(`
    "$ keys recover --all --revoke --yes --json
    exit 5
    --- stdout
    [
      {
        "operation": "[operation 1]",
        "kind": "create",
        "name": "ci",
        "id": "hash1abcdef",
        "at": "[time]",
        "profile": "work",
        "provider": "unreal",
        "sinks": [
          "exec:no"
        ],
        "escrow": "file",
        "delivered": [],
        "reason": "the reply to DELETE /v1/keys/hash1abcdef was lost: the request was interrupted; the request may or may not have taken effect; look before you try again: keys list",
        "outcome": "open"
      }
    ]
    --- stderr
    warning: [operation 1] is unfinished: the reply to DELETE /v1/keys/hash1abcdef was lost: the request was interrupted; the request may or may not have taken effect; look before you try again: keys list
    "
  `);
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
  expect(new Transcript(box, []).of(args, run)).toMatchInlineSnapshot(`
    "$ keys revoke a b c --yes
    exit 5
    --- stderr
    error: interrupted after 1 of 3 keys were revoked
    hint: keys revoke hash2abcdef hash3abcdef --yes
    "
  `);
  expect(server.keys.map(({ name }) => name)).toEqual(['b', 'c']);
});

test('a command that has ended stops no program any more, whenever it was interrupted', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  server.add('a');
  const [interrupt, urgent] = [new AbortController(), new AbortController()];
  server.onRequest = async (call) => {
    if (call.startsWith('DELETE')) interrupt.abort();
  };
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const signals = { interrupt: interrupt.signal, urgent: urgent.signal };
  expect((await box.keys(['revoke', 'a', '--yes'], { env, ...signals })).exit).toBe(0);

  const program = spawn('cat', [], { ...ownSession, stdio: ['pipe', 'pipe', 'ignore'] });
  watchChild(program);
  vi.advanceTimersByTime(60_000);
  urgent.abort();
  program.stdin.on('error', () => {}).end('still there');
  expect(await text(program.stdout)).toBe('still there');
});
