import { spawn } from 'node:child_process';
import { KeysError } from '../base/errors.ts';
import type { Sink } from '../keys/ports.ts';
import { entryArgument } from '../platform/child-entry.ts';
import { withoutSecrets } from '../platform/env.ts';
import { runProgram } from '../platform/run-program.ts';
import type { ClearJob } from './clear-clipboard.ts';
import { hashOf } from './clear-clipboard.ts';
import { findClipboard } from './clipboard-programs.ts';
import type { SinkContext } from './context.ts';
import { currentValue } from './current-value.ts';
import { requireSuccess } from './vendor-program.ts';

/** As password managers do. */
const defaultClearAfterMs = 45_000;

/** `clipboard`: that of the system, cleared after 45 s if it still holds the value. */
export function clipboardSink(name: string, context: SinkContext, clearAfterMs = defaultClearAfterMs): Sink {
  const { cwd, env, timeout } = context;
  return {
    name,
    check: async () => void (await findClipboard(context)),
    async deliver({ secret }) {
      const programs = await findClipboard(context);
      const [program = ''] = programs.copy;
      // On X11 and Wayland the program keeps running, to hand out the text when it is pasted.
      const call = { command: programs.copy, cwd, env, timeoutMs: timeout, leavesProcess: true };
      const outcome = await runProgram({ ...call, input: secret.reveal() }).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new KeysError({ code: 'program_failed', message: `${program} ${reason}`, cause });
      });
      requireSuccess(program, outcome, secret);
      await clearLater({ ...programs, clearAfterMs, hash: hashOf(secret.reveal()) }, env);
      await context.note(
        `the clipboard will be cleared in ${clearAfterMs / 1000} s if it still holds the secret`,
      );
    },
    read: () =>
      currentValue(async () => {
        const { paste } = await findClipboard(context);
        const { code, stdout } = await runProgram({ command: paste, cwd, env, timeoutMs: timeout });
        return code === 0 ? stdout.replace(/\r?\n$/, '') : undefined;
      }),
    isTransient: true,
  };
}

/** Starts a process that outlives this one and holds none of its streams. Its job is told over stdin: anyone can read arguments. */
async function clearLater(job: ClearJob, env: SinkContext['env']): Promise<void> {
  const child = spawn(process.execPath, [entryArgument('clipboard-clear')], {
    detached: true,
    env: { ...withoutSecrets(env), NODE_OPTIONS: undefined },
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  await new Promise<void>((resolve) => child.stdin.end(JSON.stringify(job), () => resolve()));
  child.unref();
}
