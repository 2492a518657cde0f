import { existsSync } from 'node:fs';
import { KeysError } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import type { SinkContext } from './context.ts';
import { findProgram } from './vendor-program.ts';

/** The programs that read and write a system's clipboard. */
export interface ClipboardPrograms {
  /** Takes the text on stdin. */
  copy: readonly string[];
  /** Prints the text. */
  paste: readonly string[];
}

const wayland: ClipboardPrograms = { copy: ['wl-copy'], paste: ['wl-paste', '--no-newline'] };
const x11: readonly ClipboardPrograms[] = [
  { copy: ['xclip', '-selection', 'clipboard', '-in'], paste: ['xclip', '-selection', 'clipboard', '-out'] },
  { copy: ['xsel', '--clipboard', '--input'], paste: ['xsel', '--clipboard', '--output'] },
];
const mac: ClipboardPrograms = { copy: ['pbcopy'], paste: ['pbpaste'] };
const windows: ClipboardPrograms = {
  copy: ['clip.exe'],
  paste: ['powershell.exe', '-NoProfile', '-NonInteractive', '-Command', 'Get-Clipboard -Raw'],
};

/** Those that this system may have, the best ones first. */
function candidates(platform: NodeJS.Platform, env: Environment): readonly ClipboardPrograms[] {
  if (platform === 'darwin') return [mac];
  if (platform === 'win32') return [windows];
  return [
    ...(env.WAYLAND_DISPLAY ? [wayland] : []),
    ...(env.DISPLAY ? x11 : []),
    ...(env.WSL_DISTRO_NAME || existsSync('/proc/sys/fs/binfmt_misc/WSLInterop') ? [windows] : []),
  ];
}

/** The programs of this system's clipboard, with their paths. Throws `KeysError` (`no_clipboard`) if there are none. */
export async function findClipboard(context: SinkContext): Promise<ClipboardPrograms> {
  const { platform } = context;
  const possible = candidates(platform, context.env);
  for (const { copy, paste } of possible) {
    const commands = await Promise.all([locate(copy, context), locate(paste, context)]).catch(
      () => undefined,
    );
    if (commands) return { copy: commands[0], paste: commands[1] };
  }
  const isHeadless = possible.length === 0;
  throw new KeysError({
    code: 'no_clipboard',
    message: isHeadless
      ? 'no clipboard is available: neither WAYLAND_DISPLAY nor DISPLAY is set'
      : `no clipboard program is on the PATH: ${possible.map(({ copy }) => copy[0]).join(' or ')}`,
    hints: [isHeadless ? 'choose another sink: keys help sinks' : `install ${possible[0]?.copy[0]}`],
  });
}

async function locate([name = '', ...args]: readonly string[], context: SinkContext): Promise<string[]> {
  return [await findProgram(name, context), ...args];
}
