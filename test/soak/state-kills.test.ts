import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKilled } from '../support/killing.ts';
import { lacks } from '../support/real-parts.ts';
import { randomOf, rounds } from '../support/rounds.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Commands that replace the whole database, killed at their steps: the database is the old or the new one. */

const slow = 600_000;

interface State {
  box: Sandbox;
  /** The current verdict on each issued key. */
  verdicts: () => Promise<Record<string, string>>;
}

/** Everything runs in other processes: this one must not have the database open. */
async function start(): Promise<State> {
  const box = new Sandbox();
  const values: Record<string, string> = {};
  const create = async (name: string) => {
    const run = await box.program(['create', name, '--json'], { secretOnStdout: true });
    values[name] = JSON.parse(run.stdout).secret;
  };
  await create('kept');
  await create('lost');
  expect((await box.program(['backup', 'copy.db'])).exit).toBe(0);
  await create('later');
  expect((await box.program(['revoke', 'lost', '--yes'])).exit).toBe(0);
  const verdicts = async () => {
    const reasons: Record<string, string> = {};
    for (const [name, stdin] of Object.entries(values))
      reasons[name] = JSON.parse((await box.program(['verify', '--json'], { stdin })).stdout).reason;
    return reasons;
  };
  return { box, verdicts };
}

const before = { kept: 'ok', lost: 'revoked', later: 'ok' };
const after = { ...before, later: 'invalid' };

/** Random steps of a command, determined by the seed. */
function calls(name: string): number[] {
  const random = randomOf(name);
  return Array.from({ length: 3 * rounds }, () => 1 + Math.floor(random() * 14));
}

describe.skipIf(lacks('strace'))('killed at its steps', { timeout: slow }, () => {
  test('a restore leaves the database from before or after it, and a copy', async () => {
    const { box, verdicts } = await start();
    const data = join(box.home, 'data');
    cpSync(data, join(box.cwd, 'data'), { recursive: true });
    for (const call of calls('restore')) {
      rmSync(data, { recursive: true });
      cpSync(join(box.cwd, 'data'), data, { recursive: true });
      await runKilled(box, ['restore', 'copy.db', '--yes'], { call });
      const current = await verdicts();
      expect([before, after], `call ${call}`).toContainEqual(current);
      if (current.later === 'invalid') expect(readdirSync(data).join()).toContain('.before-');
      expect((await box.program(['restore', 'copy.db', '--yes'])).exit, `call ${call}`).toBe(0);
      expect(await verdicts()).toEqual(after);
    }
  });

  test('a backup leaves the copy from before or after it', async () => {
    const { box, verdicts } = await start();
    for (const call of calls('backup')) {
      await runKilled(box, ['backup', 'copy.db', '--yes'], { call });
      expect(await verdicts()).toEqual(before);
    }
    expect((await box.program(['restore', 'copy.db', '--yes'])).exit).toBe(0);
    expect(await verdicts()).toMatchObject({ kept: 'ok', lost: 'revoked' });
  });

  test('a new session is delivered or revoked', async () => {
    for (const call of calls('session')) {
      const box = new Sandbox();
      box.expectSecretIn('token');
      await runKilled(box, ['session', 'create', '--user', 'ada', '--to', 'file:token'], { call });
      expect((await box.keys(['recover', '--all', '--yes'])).exit, `call ${call}`).toBe(0);
      const sessions = JSON.parse((await box.keys(['session', 'list', '--json'])).stdout);
      expect(sessions, `call ${call}`).toHaveLength(existsSync(join(box.cwd, 'token')) ? 1 : 0);
    }
  });
});
