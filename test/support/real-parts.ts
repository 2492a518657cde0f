import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { lacksPostgres } from './postgres-programs.ts';

/*
 * Other programs that some tests run for real. If one is missing, its tests are skipped and the run says so at its end;
 * in CI they are not skipped, and fail. vitest loads this file as a global set-up, too.
 */

/** Each program, or the file of one, and the Debian package that brings it. */
const realParts = {
  aws: 'awscli',
  curl: 'curl',
  fish: 'fish',
  gh: 'gh',
  git: 'git',
  jq: 'jq',
  kubectl: 'kubernetes-client',
  man: 'man-db',
  nginx: 'nginx-light',
  openssl: 'openssl',
  python3: 'python3',
  strace: 'strace',
  unshare: 'util-linux',
  zsh: 'zsh',
  '/usr/share/bash-completion/bash_completion': 'bash-completion',
  'dbus-run-session': 'dbus',
  'dbus-send': 'dbus',
  'gnome-keyring-daemon': 'gnome-keyring',
  'secret-tool': 'libsecret-tools',
} as const;

export type RealPart = keyof typeof realParts;

/** What a real Secret Service needs. */
export const keyringParts: readonly RealPart[] = [
  'dbus-run-session',
  'dbus-send',
  'gnome-keyring-daemon',
  'secret-tool',
];

/** Whether to skip tests that need these programs. */
export function lacks(...parts: readonly RealPart[]): boolean {
  return !process.env.CI && parts.some((part) => !isInstalled(part));
}

/** Whether to skip tests that need a disk of their own: only root may mount one. */
export function cannotMount(): boolean {
  return !process.env.CI && (process.platform !== 'linux' || process.getuid?.() !== 0);
}

/** Called by vitest after all tests. */
export function teardown(): void {
  const missing = (Object.keys(realParts) as RealPart[]).filter((part) => lacks(part));
  const packages = [...new Set(missing.map((part) => realParts[part]))].join(' ');
  const skipped = [
    ...(missing.length > 0 ? [`${missing.join(', ')} missing (apt-get install ${packages})`] : []),
    ...(lacksPostgres() ? ['PostgreSQL (registry packages have none for this platform)'] : []),
    ...(cannotMount() ? ['full disks (as root on Linux)'] : []),
  ];
  if (skipped.length > 0) process.stderr.write(`skipped real-parts tests: ${skipped.join('; ')}\n`);
}

function isInstalled(program: string): boolean {
  const isPath = program.startsWith('/');
  const folders = isPath ? ['/'] : (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), isPath ? constants.R_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
