import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { ClipboardPrograms } from './clipboard-programs.ts';

/** What the process that clears the clipboard has to know; of the secret no more than its hash. */
export interface ClearJob extends ClipboardPrograms {
  clearAfterMs: number;
  hash: string;
}

/** SHA-256, in hexadecimal digits. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Clears the clipboard if it still holds the text with this hash. */
export function clearClipboard({ copy, paste, hash }: Omit<ClearJob, 'clearAfterMs'>): void {
  const timeout = 5_000;
  const [pasteProgram = '', ...pasteArgs] = paste;
  const { stdout } = spawnSync(pasteProgram, pasteArgs, { encoding: 'utf8', timeout });
  if (hashOf((stdout ?? '').replace(/\r?\n$/, '')) !== hash) return;
  const [copyProgram = '', ...copyArgs] = copy;
  spawnSync(copyProgram, copyArgs, { input: '', stdio: ['pipe', 'ignore', 'ignore'], timeout });
}
