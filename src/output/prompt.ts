import { interrupted } from '../errors.ts';
import type { Io } from '../io.ts';

/*
 * Questions to a person. They are drawn on stderr, so that stdout stays data; whoever asks has made sure that there is
 * a terminal.
 */

/** A line of text; Enter takes the proposal. Throws `KeysError` (130) on Ctrl-C. */
export async function askText(io: Io, message: string, proposal?: string): Promise<string> {
  const { input } = await import('@inquirer/prompts');
  return uninterrupted(
    input(
      { message, ...(proposal !== undefined && { default: proposal }) },
      { input: io.stdin, output: io.stderr.stream, signal: io.interrupt },
    ),
  );
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
