import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { UnrealServer } from '../support/unreal-server.ts';

/** Ctrl-C while `create` waits after a 429 to the call that creates the key. */
async function interruptedCreate() {
  const [box, server] = [new Sandbox(), await UnrealServer.start()];
  const env = { KEYS_PROVIDER: 'unreal', KEYS_URL: server.url, KEYS_TOKEN: 'tok-EXAMPLE' };
  const interrupt = new AbortController();
  server.isOverLimit = (what) => {
    if (!what.startsWith('POST')) return false;
    setTimeout(() => interrupt.abort(), 300);
    return true;
  };
  const run = await box.keys(['create', 'ci', '--to', 'file:key'], { env, interrupt: interrupt.signal });
  const { stdout } = await box.keys(['recover', '--list', '--json'], { env });
  return { run, server, isWritten: existsSync(join(box.cwd, 'key')), unfinished: JSON.parse(stdout) };
}

test('a create that is interrupted before the API took its call has changed nothing: exit 130', async () => {
  const { run, server, isWritten, unfinished } = await interruptedCreate();
  expect(run.exit, run.stderr).toBe(130);
  expect(run.stderr).toContain('interrupted; nothing was changed');
  expect(server.keys).toEqual([]);
  expect([isWritten, unfinished]).toEqual([false, []]);
});
