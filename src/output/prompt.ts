import { interrupted } from '../errors.ts';
import type { Io } from '../io.ts';
import { Secret } from '../secret.ts';

/*
 * Questions to a person. They are drawn on stderr, so that stdout stays data; whoever asks has made sure that there is
 * a terminal.
 */

/** A line of text; Enter takes the proposal. Throws `KeysError` (130) on Ctrl-C. */
export async function askText(io: Io, message: string, proposal?: string): Promise<string> {
  const { input } = await import('@inquirer/prompts');
  return uninterrupted(
    input({ message, ...(proposal !== undefined && { default: proposal }) }, contextOf(io)),
  );
}

/** A line that is shown as stars while it is typed. Throws `KeysError` (130) on Ctrl-C. */
export async function askSecret(io: Io, message: string): Promise<Secret> {
  const { password } = await import('@inquirer/prompts');
  const validate = (text: string) => text.trim() !== '' || 'nothing was typed';
  const answer = await uninterrupted(password({ message, mask: true, validate }, contextOf(io)));
  return new Secret(answer.trim());
}

/** One of several. Throws `KeysError` (130) on Ctrl-C. */
export async function askChoice<T extends string>(
  io: Io,
  message: string,
  choices: readonly { name: string; value: T; description?: string }[],
): Promise<T> {
  const { select } = await import('@inquirer/prompts');
  return uninterrupted(select<T>({ message, choices }, contextOf(io)));
}

function contextOf(io: Io) {
  return { input: io.stdin, output: io.stderr.stream, signal: io.interrupt };
}

async function uninterrupted<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && /^(ExitPrompt|AbortPrompt|CancelPrompt)Error$/.test(error.name)) {
      throw interrupted();
    }
    throw error;
  }
}
