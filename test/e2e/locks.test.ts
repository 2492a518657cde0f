import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { refusedKeys } from '../support/embedded-authority.ts';
import { cannotMount, lacks } from '../support/real-parts.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { folders, ids, operations, secrets, Transcript, times } from '../support/transcript.ts';

/* Which process may work on what: processes that cannot see each other, were killed or are paused. */

/** Runs a command in a process namespace of its own, as in a container. */
const inNamespace = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

interface StartedProcess {
  child: ChildProcess;
  ended: Promise<{ exit: number | null; stderr: string }>;
}

/** Runs `keys` until its sink writes a file, in the middle of a delivery. */
async function startUntil(box: Sandbox, file: string, args: readonly string[]): Promise<StartedProcess> {
  const [command = '', ...rest] = [...inNamespace, process.execPath, program, ...args];
  const child = spawn(command, rest, {
    cwd: box.cwd,
    env: { ...box.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([exit]) => ({ exit, stderr }));
  while (!existsSync(join(box.cwd, file)) && child.exitCode === null) await sleep(10);
  return { child, ended };
}

/** A sink that waits in the middle of a delivery until the file `go` exists. */
function slowSink(box: Sandbox): string {
  const script = 'cat > "secret"; touch begun; while [ ! -e go ]; do sleep 0.05; done';
  writeFileSync(join(box.cwd, 'slow.sh'), script);
  box.expectSecretIn('secret');
  return 'exec:sh slow.sh';
}

function inContainer(box: Sandbox, args: readonly string[]) {
  return box.command([...inNamespace, process.execPath, program, ...args]);
}

async function keysOf(box: Sandbox): Promise<{ name: string; status: string; superseded: boolean }[]> {
  return JSON.parse((await box.keys(['list', '--status', 'all', '--json'])).stdout);
}

describe.skipIf(lacks('unshare') || cannotMount())('in two containers on one KEYS_HOME', () => {
  test('recover leaves an operation alone that another container works on', async () => {
    const box = new Sandbox();
    const create = await startUntil(box, 'begun', ['create', 'ci', '--to', slowSink(box)]);
    const recovery = await inContainer(box, ['recover', '--all', '--yes', '--json']);
    const story = new Transcript(box, [secrets, ids, operations, times]);
    expect(story.of(['recover', '--all', '--yes', '--json'], recovery)).toMatchInlineSnapshot(`
      "$ keys recover --all --yes --json
      exit 5
      --- stdout
      [
        {
          "operation": "[operation 1]",
          "kind": "create",
          "name": "ci",
          "id": "[id 1]",
          "at": "[time]",
          "profile": "local",
          "provider": "local",
          "sinks": [
            "exec:sh slow.sh"
          ],
          "escrow": "none",
          "delivered": [],
          "outcome": "open",
          "reason": "another keys process is working on it"
        }
      ]
      --- stderr
      warning: [operation 1] is unfinished: another keys process is working on it
      --- files
      begun (644): 
      secret (644): [secret 1]
      slow.sh (644): cat > "secret"; touch begun; while [ ! -e go ]; do sleep 0.05; done
      "
    `);
    writeFileSync(join(box.cwd, 'go'), '');
    expect((await create.ended).exit).toBe(0);
    expect((await keysOf(box)).map(({ status }) => status)).toEqual(['active']);
    expect(await refusedKeys(box, [box.read('secret')])).toEqual([]);
    expect((await box.program(['recover', '--all', '--yes'])).exit).toBe(0);
    expect(readdirSync(join(box.home, 'state', 'operations'))).toEqual([]);
  });

  test('of two rotations of one name one creates a key, and the other says why it does not', async () => {
    const box = new Sandbox();
    await box.program(['create', 'ci', '--secret-only'], { secretOnStdout: true });
    const rotate = ['rotate', 'ci', '--grace', '0', '--to', slowSink(box)];
    const first = await startUntil(box, 'begun', rotate);
    const second = await inContainer(box, rotate);
    expect(new Transcript(box, [secrets, ids]).of(rotate, second)).toMatchInlineSnapshot(`
      "$ keys rotate ci --grace 0 --to 'exec:sh slow.sh'
      exit 6
      --- stderr
      error: another process is rotating ci; nothing was changed
      hint: wait until it is done, then check: keys list
      --- files
      begun (644): 
      secret (644): [secret 1]
      slow.sh (644): cat > "secret"; touch begun; while [ ! -e go ]; do sleep 0.05; done
      "
    `);
    writeFileSync(join(box.cwd, 'go'), '');
    expect((await first.ended).exit).toBe(0);
    const live = (await keysOf(box)).filter(({ status }) => status === 'active');
    expect(live).toHaveLength(1);
    expect(await refusedKeys(box, [box.read('secret')])).toEqual([]);
  });

  test('an operation killed in one is recovered by the other at once', async () => {
    const box = new Sandbox();
    const create = await startUntil(box, 'begun', ['create', 'ci', '--to', slowSink(box)]);
    create.child.kill('SIGKILL');
    await create.ended;
    const recovery = await inContainer(box, ['recover', '--all', '--yes', '--json']);
    expect(recovery.stdout).not.toContain('working on it');
  });

  test('each sets its variable in one dotenv file, even with a KEYS_HOME of its own', async () => {
    const box = new Sandbox();
    box.expectSecretIn('.env');
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    const runs = await Promise.all(
      names.map((name) =>
        box.command([...inNamespace, process.execPath, program, 'create', name, '--to', `env:.env#${name}`], {
          env: { KEYS_HOME: join(box.home, name) },
        }),
      ),
    );
    expect(runs.map(({ exit, stderr }) => (exit === 0 ? 0 : stderr))).toEqual(names.map(() => 0));
    expect(
      box
        .read('.env')
        .trimEnd()
        .split('\n')
        .map((line) => line[0])
        .sort(),
    ).toEqual(names);
  });
});

describe('what others create beside a target', () => {
  const plants: [string, (box: Sandbox) => void][] = [
    ['a FIFO in place of the lock of earlier versions', ({ cwd }) => fifo(join(cwd, 'v.env.lock'))],
    ['a folder in its place', ({ cwd }) => mkdirSync(join(cwd, 'v.env.lock'))],
  ];
  test.each(plants)('%s does not matter', async (_, plant) => {
    const box = new Sandbox();
    box.expectSecretIn('v.env');
    plant(box);
    expect((await box.program(['create', 'ci', '--to', 'env:v.env#K'])).exit).toBe(0);
  });

  test('a FIFO in place of the target or the private folder is refused before a key is created', async () => {
    const texts: string[] = [];
    for (const name of ['v.env', '.keys-tmp']) {
      const box = new Sandbox();
      fifo(join(box.cwd, name));
      const story = new Transcript(box, [folders]);
      for (const sink of ['env:v.env#K', 'file:v.env'])
        texts.push(await story.program(['create', 'ci', '--to', sink]));
      expect(await keysOf(box)).toEqual([]);
    }
    expect(texts.join('')).toMatchInlineSnapshot(`
      "$ keys create ci --to env:v.env#K
      exit 1
      --- stderr
      error: [folder 1]/v.env is not a plain file: a secret is written only to a plain file
      hint: ls -ld '[folder 1]/v.env'
      $ keys create ci --to file:v.env
      exit 1
      --- stderr
      error: [folder 1]/v.env is not a plain file: a secret is written only to a plain file
      hint: ls -ld '[folder 1]/v.env'
      $ keys create ci --to env:v.env#K
      exit 1
      --- stderr
      error: [folder 1]/.keys-tmp is not a folder of yours; nothing was written to it
      hint: ls -ld '[folder 1]/.keys-tmp'
      hint: if you do not need it: rm -r '[folder 1]/.keys-tmp'
      $ keys create ci --to file:v.env
      exit 1
      --- stderr
      error: [folder 1]/.keys-tmp is not a folder of yours; nothing was written to it
      hint: ls -ld '[folder 1]/.keys-tmp'
      hint: if you do not need it: rm -r '[folder 1]/.keys-tmp'
      "
    `);
  });
});

function fifo(path: string): void {
  spawnSync('mkfifo', [path]);
}
