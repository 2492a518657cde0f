import { fstatSync, readFileSync, statSync, writeSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';

/**
 * Why nothing that is written to the descriptor would arrive, as far as that can be told without writing anything;
 * undefined: nothing speaks against it.
 */
export function outputFault(descriptor: number): string | undefined {
  try {
    if (isNowhere(descriptor)) return 'it is closed';
    // Of no bytes the system tells all the same that it would take none.
    if (process.platform !== 'win32') writeSync(descriptor, '');
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    return code === 'EAGAIN' ? undefined : `nothing can be written to it (${code ?? 'unknown error'})`;
  }
}

/**
 * Node.js opens /dev/null for reading and writing where a descriptor was closed (`>&-`), and so does whoever throws away
 * the output of a program. A shell that was told `> /dev/null` opens it for writing alone: that was said on purpose.
 * Where the system does not tell how it was opened, it counts as closed.
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
