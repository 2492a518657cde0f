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

/* Who may go on with what: processes that cannot see each other, that were killed, or that are paused. */

/** The command in a container of its own, as far as processes go. */
const contained = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];

interface Started {
  child: ChildProcess;
  ended: Promise<{ exit: number | null; stderr: string }>;
}

/** Runs `keys` until something that its sink does tells that it is in the middle of a delivery. */
async function startUntil(box: Sandbox, file: string, args: readonly string[]): Promise<Started> {
  const [command = '', ...rest] = [...contained, process.execPath, program, ...args];
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

/** A sink that stops in the middle until a file `go` is there. */
function slowSink(box: Sandbox): string {
  const script = 'cat > "secret"; touch begun; while [ ! -e go ]; do sleep 0.05; done';
  writeFileSync(join(box.cwd, 'slow.sh'), script);
  box.expectSecretIn('secret');
  return 'exec:sh slow.sh';
}

function inContainer(box: Sandbox, args: readonly string[]) {
  return box.command([...contained, process.execPath, program, ...args]);
}

async function keysOf(box: Sandbox): Promise<{ name: string; status: string; superseded: boolean }[]> {
  return JSON.parse((await box.program(['list', '--status', 'all', '--json'])).stdout);
}

describe.skipIf(lacks('unshare') || cannotMount())('in two containers on one KEYS_HOME', () => {
  test('recover leaves alone what another container is at work on', async () => {
    const box = new Sandbox();
    const create = await startUntil(box, 'begun', ['create', 'ci', '--to', slowSink(box)]);
    const recovery = await inContainer(box, ['recover', '--all', '--yes', '--json']);
    expect(recovery.exit).toBe(5);
    expect(recovery.stdout).toContain('another keys process is working on it');
    writeFileSync(join(box.cwd, 'go'), '');
    expect((await create.ended).exit).toBe(0);
    expect((await keysOf(box)).map(({ status }) => status)).toEqual(['active']);
    expect(await refusedKeys(box, [box.read('secret')])).toEqual([]);
    expect((await box.program(['recover', '--all', '--yes'])).exit).toBe(0);
    expect(readdirSync(join(box.home, 'state', 'operations'))).toEqual([]);
  });

  test('of two rotations of one name one makes a key, and the other says why it does not', async () => {
    const box = new Sandbox();
    await box.program(['create', 'ci', '--secret-only'], { secretOnStdout: true });
    const rotate = ['rotate', 'ci', '--grace', '0', '--to', slowSink(box)];
    const first = await startUntil(box, 'begun', rotate);
    const second = await inContainer(box, rotate);
    expect(second).toMatchObject({
      exit: 6,
      stderr: expect.stringContaining('another process is rotating ci'),
    });
    writeFileSync(join(box.cwd, 'go'), '');
    expect((await first.ended).exit).toBe(0);
    const live = (await keysOf(box)).filter(({ status }) => status === 'active');
    expect(live).toHaveLength(1);
    expect(await refusedKeys(box, [box.read('secret')])).toEqual([]);
  });

  test('what was killed in one is taken up by the other at once', async () => {
    const box = new Sandbox();
    const create = await startUntil(box, 'begun', ['create', 'ci', '--to', slowSink(box)]);
    create.child.kill('SIGKILL');
    await create.ended;
    const recovery = await inContainer(box, ['recover', '--all', '--yes', '--json']);
    expect(recovery.stdout).not.toContain('working on it');
  });

  test('each sets its variable in one dotenv file, though each has a KEYS_HOME of its own', async () => {
    const box = new Sandbox();
    box.expectSecretIn('.env');
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    const runs = await Promise.all(
      names.map((name) =>
        box.command([...contained, process.execPath, program, 'create', name, '--to', `env:.env#${name}`], {
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

describe('what others plant beside a target', () => {
  const plants: [string, (box: Sandbox) => void][] = [
    ['a FIFO in the place of the lock of earlier versions', ({ cwd }) => fifo(join(cwd, 'v.env.lock'))],
    ['a folder there', ({ cwd }) => mkdirSync(join(cwd, 'v.env.lock'))],
  ];
  test.each(plants)('%s is no matter', async (_, plant) => {
    const box = new Sandbox();
    box.expectSecretIn('v.env');
    plant(box);
    expect((await box.program(['create', 'ci', '--to', 'env:v.env#K'])).exit).toBe(0);
  });

  const obstacles: [string, string][] = [
    ['the target', 'v.env'],
    ['the private folder', '.keys-tmp'],
  ];
  test.each(obstacles)('a FIFO in the place of %s is refused before a key is made', async (_, name) => {
    const box = new Sandbox();
    fifo(join(box.cwd, name));
    for (const sink of ['env:v.env#K', 'file:v.env']) {
      const run = await box.program(['create', 'ci', '--to', sink]);
      expect(run).toMatchObject({ exit: 1, stderr: expect.stringContaining(join(box.cwd, name)) });
    }
    expect(await keysOf(box)).toEqual([]);
  });
});

function fifo(path: string): void {
  spawnSync('mkfifo', [path]);
}
