import { existsSync } from 'node:fs';
import { KeysError } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import type { SinkContext } from './context.ts';
import { findProgram } from './vendor-program.ts';

/** The programs with which a system's clipboard is used: each reads or writes text. */
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

/** Those that there may be on this system, the best ones first. */
function candidates(platform: NodeJS.Platform, env: Environment): readonly ClipboardPrograms[] {
  if (platform === 'darwin') return [mac];
  if (platform === 'win32') return [windows];
  return [
    ...(env.WAYLAND_DISPLAY ? [wayland] : []),
    ...(env.DISPLAY ? x11 : []),
    ...(env.WSL_DISTRO_NAME || existsSync('/proc/sys/fs/binfmt_misc/WSLInterop') ? [windows] : []),
  ];
}

/** The programs of this system's clipboard, with their paths. Throws `KeysError` (`no_clipboard`) where there are none. */
export async function findClipboard(context: SinkContext): Promise<ClipboardPrograms> {
  const { platform } = context;
  const possible = candidates(platform, context.env);
  for (const { copy, paste } of possible) {
    const found = await Promise.all([located(copy, context), located(paste, context)]).catch(() => undefined);
    if (found) return { copy: found[0], paste: found[1] };
  }
  const isHeadless = possible.length === 0;
  throw new KeysError({
    code: 'no_clipboard',
    message: isHeadless
      ? 'there is no clipboard here: neither WAYLAND_DISPLAY nor DISPLAY is set'
      : `no program for the clipboard is on the PATH: ${possible.map(({ copy }) => copy[0]).join(' or ')}`,
    hints: [isHeadless ? 'choose another place: keys help sinks' : `install ${possible[0]?.copy[0]}`],
  });
}

async function located([name = '', ...args]: readonly string[], context: SinkContext): Promise<string[]> {
  return [await findProgram(name, context), ...args];
}
