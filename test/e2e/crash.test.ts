import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { expect, onTestFinished, test } from 'vitest';
import { integrityOf, refusedKeys } from '../support/embedded-authority.ts';
import { program, Sandbox } from '../support/sandbox.ts';

const slow = 300_000;

let names = 0;

/** A new name for each key: an interrupted create blocks the next one of the same name. */
function nextName(): string {
  names += 1;
  return `crash-${names}`;
}

test(
  'no key is lost whose secret was received, when processes are killed at random moments',
  async () => {
    const box = new Sandbox();
    const acknowledged: string[] = [];
    let kills = 0;

    // A process is killed at a random moment of its life, at the latest when its output arrives.
    const loop = async () => {
      let span = 200;
      while (kills < 60 || acknowledged.length < 15) {
        const startedMs = performance.now();
        const { killed, stdout } = await runUntilKilled(
          box,
          ['create', nextName(), '--secret-only'],
          (kill) => {
            const timer = setTimeout(kill, Math.random() * span);
            return { onOutput: kill, onEnd: () => clearTimeout(timer) };
          },
        );
        const isReceived = stdout.endsWith('\n');
        if (isReceived) acknowledged.push(stdout.trimEnd());
        else if (killed) kills += 1;
        span = isReceived ? 1.5 * (performance.now() - startedMs) : 1.1 * span;
      }
    };
    await Promise.all([loop(), loop(), loop()]);

    const { exit, stdout } = await box.program(['list', '--json', 'id']);
    expect(exit).toBe(0);
    const ids = (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(acknowledged.map((secret) => secret.split('_')[1])));
    expect(await refusedKeys(box, acknowledged)).toEqual([]);
    expect(integrityOf(box)).toEqual(['ok']);
  },
  slow,
);

test(
  'a dotenv file is the old or the new one, complete and private, whenever its writer is killed',
  async () => {
    const box = new Sandbox();
    box.expectSecretIn('.env');
    const rest = Array.from({ length: 2000 }, (_, line) => `SETTING_${line}="some value # ${line}"\n`).join(
      '',
    );
    let file = `# kept\nK=old-EXAMPLE\n${rest}`;
    writeFileSync(join(box.cwd, '.env'), file, { mode: 0o600 });
    const outcomes = { old: 0, new: 0 };
    let span = 12;

    while (outcomes.old + outcomes.new < 20 || outcomes.old === 0 || outcomes.new === 0) {
      const { killed } = await runUntilKilled(box, ['create', nextName(), '--to', 'env:.env#K'], (kill) => {
        // The first change in the folder is the lock; the write follows.
        let timer: NodeJS.Timeout | undefined;
        const watcher = watch(box.cwd, () => {
          timer ??= setTimeout(kill, Math.random() * span);
        });
        const onEnd = () => {
          watcher.close();
          clearTimeout(timer);
        };
        return { onEnd };
      });
      const content = box.read('.env');
      expect(box.mode('.env')).toBe('600');
      if (content !== file) {
        const { K = '' } = parse(content);
        expect(content).toBe(`# kept\nK=${K}\n${rest}`);
        expect(await refusedKeys(box, [K])).toEqual([]);
      }
      if (killed) outcomes[content === file ? 'old' : 'new'] += 1;
      span *= content === file ? 1.1 : 0.9;
      file = content;
      // An unfinished copy is as private as the file itself.
      if (existsSync(join(box.cwd, '.keys-tmp', 'new'))) expect(box.mode('.keys-tmp/new')).toBe('600');
      rmSync(join(box.cwd, '.keys-tmp'), { recursive: true, force: true });
    }

    expect((await box.program(['create', 'after', '--to', 'env:.env#K'])).exit).toBe(0);
    expect(readdirSync(box.cwd)).toEqual(['.env']);
    expect(integrityOf(box)).toEqual(['ok']);
  },
  slow,
);

interface Fate {
  onOutput?: () => void;
  onEnd: () => void;
}

/** Runs `keys` in a process of its own; `decide` gets the function that kills it. */
function runUntilKilled(
  box: Sandbox,
  args: readonly string[],
  decide: (kill: () => void) => Fate,
): Promise<{ killed: boolean; stdout: string }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: box.cwd,
      env: { ...box.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = () => void child.kill('SIGKILL');
    onTestFinished(kill);
    const fate = decide(kill);
    const pieces = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      pieces.stdout += text;
      if (pieces.stdout.endsWith('\n')) fate.onOutput?.();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      pieces.stderr += text;
    });
    child.on('error', fail);
    child.on('close', (exit, signal) => {
      fate.onEnd();
      box.keep(args, { exit, ...pieces }, { secretOnStdout: args.includes('--secret-only') });
      const killed = signal === 'SIGKILL';
      if (killed || exit === 0) done({ killed, stdout: pieces.stdout });
      else fail(new Error(`keys ${args.join(' ')} ended with ${exit}: ${pieces.stderr}`));
    });
  });
}
