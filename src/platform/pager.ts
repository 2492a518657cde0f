import { spawn } from 'node:child_process';
import { systemCode } from '../base/errors.ts';
import type { Environment } from './env.ts';
import { agentIn, ciIn, withoutSecrets } from './env.ts';
import { withTerminal } from './foreground.ts';
import type { Io } from './io.ts';

/** The exit codes of a shell for a program that is missing or cannot be run. */
const notRun = [126, 127];

/**
 * The command line of the pager that a person at this terminal uses: KEYS_PAGER, PAGER, or `less`, which quits by itself
 * if the text fits. Undefined: text is printed as it is.
 */
export function pagerFor({ env, stdout }: Io): string | undefined {
  const isForPerson = stdout.isTTY && agentIn(env) === undefined && ciIn(env) === undefined;
  if (!isForPerson || env.TERM === 'dumb') return undefined;
  const byDefault = process.platform === 'win32' ? '' : 'less';
  const command = (env.KEYS_PAGER ?? env.PAGER ?? byDefault).trim();
  return command === '' || command === 'cat' ? undefined : command;
}

/**
 * Shows a text, which must not hold a secret, in a pager, until the person quits it. False if the pager cannot be run:
 * nothing was shown. The variable is a command line for the shell, as in git and man.
 */
export async function showInPager(command: string, text: string, io: Io): Promise<boolean> {
  const takeBackSignals = io.leaveSignals();
  try {
    const code = await withTerminal(() => {
      const child = spawn(command, {
        cwd: io.cwd,
        env: pagerEnvironment(io.env),
        shell: true,
        stdio: ['pipe', 'inherit', 'inherit'],
      });
      // A person who quits before the end has seen enough.
      child.stdin.on('error', () => {});
      child.stdin.end(text);
      return child;
    });
    return !notRun.includes(code);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  } finally {
    takeBackSignals();
  }
}

/** F: quit if it fits; R: colours; X: leave the text on the screen. */
function pagerEnvironment(env: Environment): Environment {
  return { LESS: 'FRX', LV: '-c', ...withoutSecrets(env) };
}
