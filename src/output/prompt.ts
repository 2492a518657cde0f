import { declined } from '../base/errors.ts';
import { shown } from '../base/sanitise.ts';
import { Secret } from '../base/secret.ts';
import type { Io } from '../platform/io.ts';
import type { TakenBack } from './keyboard.ts';
import { Keyboard } from './keyboard.ts';

/*
 * Questions to a person. They are drawn on stderr, so that stdout stays data; whoever asks has made sure that there is
 * a terminal. Texts may be foreign: they are made harmless here. Every question throws `KeysError`: 1 at the end of
 * input, and on Ctrl-C what the interruption says.
 */

/** What asking takes: the terminal, and somebody who is told of Ctrl-C. */
export interface Asking {
  io: Io;
  interruption: Interrupting;
}

interface Interrupting {
  readonly asked: AbortSignal;
  ask(): void;
  failure(): Error;
}

export interface Choice<T extends string> {
  name: string;
  value: T;
  description?: string;
}

/** Characters of a question, and of a choice, that are shown. */
const longestQuestion = 600;
const longestChoice = 200;

/** A line of text; Enter takes the proposal. */
export async function askText(asking: Asking, question: string, proposal?: string): Promise<string> {
  const { input } = await import('@inquirer/prompts');
  const message = shown(question, longestQuestion);
  const proposed = proposal === undefined ? undefined : shown(proposal, longestChoice);
  const answer = await ask(asking, false, (context) =>
    input({ message, ...(proposed !== undefined && { default: proposed }) }, context),
  );
  return answer === proposed && proposal !== undefined ? proposal : answer;
}

/** A line that is shown as stars while it is typed. */
export async function askSecret(asking: Asking, question: string): Promise<Secret> {
  const { password } = await import('@inquirer/prompts');
  const message = shown(question, longestQuestion);
  const validate = (text: string) => text.trim() !== '' || 'nothing was typed';
  const answer = await ask(asking, false, (context) => password({ message, mask: true, validate }, context));
  return new Secret(answer.trim());
}

/** One of several. The first one is what Enter takes: never something final. */
export async function askChoice<T extends string>(
  asking: Asking,
  question: string,
  choices: readonly Choice<T>[],
): Promise<T> {
  const { select } = await import('@inquirer/prompts');
  const message = shown(question, longestQuestion);
  const safe = choices.map(({ name, value, description }) => ({
    value,
    name: shown(name, longestChoice),
    ...(description !== undefined && { description: shown(description, longestQuestion) }),
  }));
  return ask(asking, true, (context) => select<T>({ message, choices: safe }, context));
}

interface Context {
  input: Keyboard;
  output: Io['stderr']['stream'];
  signal: AbortSignal;
}

/** Asks until there is an answer: after the process was stopped and runs again, the question is drawn anew. */
async function ask<T>(
  { io, interruption }: Asking,
  hasNoLine: boolean,
  draw: (context: Context) => Promise<T>,
): Promise<T> {
  for (;;) {
    if (interruption.asked.aborted) throw interruption.failure();
    const taking = new AbortController();
    let why: TakenBack | undefined;
    const onTakenBack = (reason: TakenBack) => {
      why ??= reason;
      taking.abort();
    };
    const onInterrupt = () => onTakenBack('interrupted');
    interruption.asked.addEventListener('abort', onInterrupt);
    const keyboard = new Keyboard({ io, hasNoLine, onTakenBack });
    try {
      return await draw({ input: keyboard, output: io.stderr.stream, signal: taking.signal });
    } catch (error) {
      if (why === undefined) throw error;
    } finally {
      keyboard.close();
      interruption.asked.removeEventListener('abort', onInterrupt);
    }
    if (why === 'ended') throw declined();
    if (why === 'interrupted') interruption.ask();
    if (why === 'stopped') await io.suspend();
  }
}
