import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { Sink } from '../keys/ports.ts';
import { withoutSecrets } from '../platform/env.ts';
import { runProgram } from '../platform/run-program.ts';
import type { ClipboardPrograms } from './clipboard-programs.ts';
import { findClipboard } from './clipboard-programs.ts';
import { currentValue } from './current-value.ts';
import type { SinkContext } from './open-sinks.ts';
import { requireSuccess } from './vendor-program.ts';

/** Milliseconds after which the clipboard is cleared, as password managers do. */
const usualStay = 45_000;

/** `clipboard`: the system's, cleared after 45 s if it still holds the value then. */
export function clipboardSink(name: string, context: SinkContext, stay = usualStay): Sink {
  const { cwd, env, timeout } = context;
  return {
    name,
    check: async () => void (await findClipboard(context)),
    async deliver({ secret }) {
      const programs = await findClipboard(context);
      const [program = ''] = programs.copy;
      // On X11 and Wayland the program stays, to hand the text to whoever pastes.
      const call = { command: programs.copy, cwd, env, limit: timeout, leavesProcess: true };
      const outcome = await runProgram({ ...call, input: secret.reveal() }).catch((cause: unknown) => {
        const what = cause instanceof Error ? cause.message : String(cause);
        throw new KeysError({ code: 'program_failed', message: `${program} ${what}`, cause });
      });
      requireSuccess(program, outcome, secret);
      await clearLater(programs, secret, { stay, env });
      await context.note(
        `the clipboard is cleared in ${stay / 1000} s, unless it holds something else by then`,
      );
    },
    read: () =>
      currentValue(async () => {
        const { paste } = await findClipboard(context);
        const { code, stdout } = await runProgram({ command: paste, cwd, env, limit: timeout });
        return code === 0 ? stdout.replace(/\r?\n$/, '') : undefined;
      }),
    isTransient: true,
  };
}

/** What the process that clears needs to know; of the secret no more than its SHA-256. */
interface Errand extends ClipboardPrograms {
  stay: number;
  hash: string;
}

/**
 * Starts a process that outlives this one and holds none of its streams. It learns over stdin what to do: arguments and
 * environment are there for everybody to read.
 */
async function clearLater(
  programs: ClipboardPrograms,
  secret: Secret,
  { stay, env }: { stay: number; env: SinkContext['env'] },
): Promise<void> {
  const hash = createHash('sha256').update(secret.reveal()).digest('hex');
  const errand: Errand = { ...programs, stay, hash };
  const child = spawn(process.execPath, ['-e', `(${clear})(require, process)`], {
    detached: true,
    env: { ...withoutSecrets(env), NODE_OPTIONS: undefined },
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  await new Promise<void>((done) => child.stdin.end(JSON.stringify(errand), () => done()));
  child.unref();
}

/** The program of that process. It is handed over as text, so it may use nothing but its parameters and globals. */
function clear(load: NodeJS.Require, self: NodeJS.Process): void {
  const { createHash: hashOf } = load('node:crypto') as typeof import('node:crypto');
  const { spawnSync: run } = load('node:child_process') as typeof import('node:child_process');
  let text = '';
  self.stdin.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  self.stdin.on('end', () => {
    const { copy, paste, stay, hash } = JSON.parse(text) as Errand;
    setTimeout(() => {
      const [paster = '', ...pasting] = paste;
      const found = run(paster, pasting, { encoding: 'utf8', timeout: 5_000 }).stdout ?? '';
      const holds =
        hashOf('sha256')
          .update(found.replace(/\r?\n$/, ''))
          .digest('hex') === hash;
      const [copier = '', ...copying] = copy;
      if (holds) run(copier, copying, { input: '', stdio: ['pipe', 'ignore', 'ignore'], timeout: 5_000 });
    }, stay);
  });
}
