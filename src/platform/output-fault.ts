import { fstatSync, readFileSync, statSync, writeSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';

/**
 * Why output on the descriptor would be lost, as far as that can be told without writing anything; undefined if nothing
 * suggests that.
 */
export function outputFault(descriptor: number): string | undefined {
  try {
    if (isNowhere(descriptor)) return 'it is closed';
    // Even a write of no bytes fails if the system accepts none.
    if (process.platform !== 'win32') writeSync(descriptor, '');
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    return code === 'EAGAIN' ? undefined : `it cannot be written to (${code ?? 'unknown error'})`;
  }
}

/**
 * Node.js opens /dev/null for reading and writing in place of a closed descriptor (`>&-`), as many programs do to discard
 * output. A shell opens `> /dev/null` for writing only: that was on purpose. If the system does not tell how it was
 * opened, the descriptor counts as closed.
 */
function isNowhere(descriptor: number): boolean {
  const output = fstatSync(descriptor);
  if (!output.isCharacterDevice() || output.rdev !== statSync('/dev/null').rdev) return false;
  const [, flags = '2'] = /^flags:\s*(\d+)$/m.exec(infoOf(descriptor)) ?? [];
  return (Number.parseInt(flags, 8) & 3) !== 1;
}

function infoOf(descriptor: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  } catch {
    return '';
  }
}
