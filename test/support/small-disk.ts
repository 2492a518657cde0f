import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemCode } from '../../src/base/errors.ts';

/** A file system of the test's own, small enough to fill. */
export interface SmallDisk {
  /** A file that takes all the space. */
  ballast: string;
  fill(): void;
  free(): void;
}

/** Creates a folder and mounts a tmpfs of this size in bytes on it until the test ends. */
export function mountSmallDisk(folder: string, size = 1024 * 1024): SmallDisk {
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`no tmpfs could be mounted on ${folder}: ${stderr}`);
  onTestFinished(() => void spawnSync('umount', ['--lazy', folder]));
  const ballast = join(folder, 'ballast');
  return {
    ballast,
    fill: () => {
      try {
        writeFileSync(ballast, Buffer.alloc(size));
      } catch (error) {
        if (systemCode(error) !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(ballast),
  };
}
