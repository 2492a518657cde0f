import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { interrupted, KeysError } from '../base/errors.ts';
import { withoutSecrets } from './env.ts';
import { withTerminal } from './foreground.ts';
import type { Io } from './io.ts';

/** A copy of a text in the person's editor. */
export interface Draft {
  readonly path: string;
  /** Opens the editor, and resolves with the text once it is closed. Throws `KeysError` if it fails. */
  edit(): Promise<string>;
  remove(): void;
}

/** `name` is the name of the file that the editor shows. */
export function openDraft(name: string, text: string, io: Io): Draft {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  return {
    path,
    async edit() {
      await runEditor(path, io);
      return readFileSync(path, 'utf8');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The variable is a command line for the shell, as in git. */
async function runEditor(path: string, io: Io): Promise<void> {
  const { env, cwd } = io;
  const isWindows = process.platform === 'win32';
  const editor = env.VISUAL?.trim() || env.EDITOR?.trim() || (isWindows ? 'notepad' : 'vi');
  const command = isWindows ? `${editor} "${path}"` : `${editor} "$KEYS_DRAFT"`;
  const takeBackSignals = io.leaveSignals();
  try {
    const code = await withTerminal(() =>
      spawn(command, {
        cwd,
        env: { ...withoutSecrets(env), KEYS_DRAFT: path },
        shell: true,
        stdio: 'inherit',
      }),
    );
    if (code === 0) return;
    // Ctrl-C goes to the whole foreground group: most editors take it as a key, but the shell or a simple one ends.
    if (code === 128 + constants.signals.SIGINT) throw interrupted();
    throw new KeysError({
      code: 'editor_failed',
      message: `the editor '${editor}' failed with exit code ${code}; nothing was changed`,
      hints: ['set VISUAL or EDITOR to another one, or change one setting: keys config set NAME VALUE'],
    });
  } finally {
    takeBackSignals();
  }
}
