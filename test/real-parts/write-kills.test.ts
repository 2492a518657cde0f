import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runKilled } from '../support/killing.ts';
import { lacks } from '../support/real-parts.ts';
import { Sandbox } from '../support/sandbox.ts';

describe.skipIf(lacks('strace', 'git'))('killed at any step of a write', () => {
  test('no file is left that git would add, and the next run leaves no file at all', async () => {
    const box = new Sandbox();
    for (const file of ['.env', '.keys-tmp/new']) box.expectSecretIn(file);
    writeFileSync(join(box.cwd, '.gitignore'), '/.env\n');
    spawnSync('git', ['init', '--quiet'], { cwd: box.cwd });
    let leftovers = 0;
    for (let call = 1; call <= 16; call++) {
      await runKilled(box, ['create', `k${call}`, '--to', 'env:.env#K'], { call });
      leftovers += Number(existsSync(join(box.cwd, '.keys-tmp', 'new')));
      const { stdout } = spawnSync('git', ['status', '--porcelain', '--untracked-files=all'], {
        cwd: box.cwd,
        encoding: 'utf8',
      });
      // The lock, which is always empty, can be visible while the folder is created or removed.
      expect(stdout.replace('?? .keys-tmp/write.lock\n', '')).toBe('?? .gitignore\n');
      await box.keys(['recover', '--all', '--yes']);
      expect(existsSync(join(box.cwd, '.keys-tmp', 'new'))).toBe(false);
    }
    expect(leftovers).toBeGreaterThan(0);
    await box.keys(['create', 'last', '--to', 'env:.env#K']);
    expect(readdirSync(box.cwd).sort()).toEqual(['.env', '.git', '.gitignore']);
  });
});
