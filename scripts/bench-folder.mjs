// Folders for what the benchmarks write. They stay until the benchmark ends: where ext4 has no journal, each new file passes
// over the inodes that were freed in the last minutes (recently_deleted in Linux's fs/ext4/ialloc.c), so what one part
// deletes would slow the next ones.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let base;

export function newFolder(name) {
  if (!base) {
    base = mkdtempSync(join(tmpdir(), 'keys-bench-'));
    // PostgreSQL runs as another user.
    chmodSync(base, 0o711);
    process.on('exit', () => rmSync(base, { recursive: true, force: true }));
  }
  return mkdtempSync(join(base, `${name}-`));
}
