import { spawn } from 'node:child_process';
import { platform } from 'node:os';
import type { Environment } from './env.ts';
import { withoutSecrets } from './env.ts';

/** How long a program may take to say that it cannot open the page; a browser that it starts runs on. */
const refusalMs = 1500;

/**
 * Opens an https page in the browser. False if no program took it: there is no screen, or none knows how. No library: they
 * pass our environment, and with it KEYS_TOKEN, to the browser.
 */
export async function openPage(url: string, env: Environment): Promise<boolean> {
  if (!url.startsWith('https://')) throw new Error('only https pages are opened');
  for (const [program = '', ...args] of openers(env))
    if (await starts(program, [...args, url], env)) return true;
  return false;
}

function openers(env: Environment): readonly (readonly string[])[] {
  const windows = ['rundll32.exe', 'url.dll,FileProtocolHandler'];
  if (platform() === 'darwin') return [['open']];
  if (platform() === 'win32') return [windows];
  const hasScreen = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  return [...(env.WSL_DISTRO_NAME ? [['wslview'], windows] : []), ...(hasScreen ? [['xdg-open']] : [])];
}

function starts(program: string, args: readonly string[], env: Environment): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore', env: { ...withoutSecrets(env) } });
    const timer = setTimeout(() => resolve(true), refusalMs);
    const end = (isOpen: boolean) => {
      clearTimeout(timer);
      resolve(isOpen);
    };
    child.on('error', () => end(false)).on('exit', (code) => end(code === 0));
    child.unref();
  });
}
