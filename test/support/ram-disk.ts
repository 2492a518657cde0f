import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/dev/shm';
const tmpfs = 0x01021994;
const minFreeBytes = 2 ** 30;

/**
 * A folder in memory for the temporary files of tests, if there is one with enough space that can run programs. Tests
 * sync thousands of small files, and each sync takes milliseconds on a disk.
 */
export function ramDisk(): string | undefined {
  try {
    const { type, bavail, bsize } = statfsSync(folder);
    return type === tmpfs && bavail * bsize >= minFreeBytes && runsPrograms() ? folder : undefined;
  } catch {
    return undefined;
  }
}

function runsPrograms(): boolean {
  const probe = mkdtempSync(join(folder, 'keys-probe-'));
  try {
    const program = join(probe, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
    return spawnSync(program).status === 0;
  } finally {
    rmSync(probe, { recursive: true });
  }
}
