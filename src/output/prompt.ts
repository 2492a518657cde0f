import { declined } from '../base/errors.ts';
import { shown } from '../base/sanitise.ts';
import { Secret } from '../base/secret.ts';
import type { Io } from '../platform/io.ts';
import type { StopSignal } from '../platform/stop-signal.ts';
import { Colourless } from './colourless.ts';
import type { Drawing, Withdrawal } from './keyboard.ts';
import { Keyboard } from './keyboard.ts';

/*
 * Prompts on stderr, so that stdout stays data. The caller makes sure that there is a terminal. Texts may be foreign: they
 * are sanitised here. Every prompt throws `KeysError`: 1 at the end of input, and the interruption's failure on Ctrl-C.
 */

/** What a prompt needs: the terminal, and the interruption that Ctrl-C sets off. */
export interface PromptContext {
  io: Io;
  interruption: Interrupting;
  /** `noColor` is the flag; the libraries know of NO_COLOR alone. */
  output: { noColor: boolean };
}

interface Interrupting {
  readonly asked: StopSignal;
  ask(): void;
  failure(): Error;
}

export interface Choice<T extends string> {
  name: string;
  value: T;
  description?: string;
}

export const maxQuestionLength = 600;
const maxChoiceLength = 200;

/** A line of text; Enter takes the proposal. */
export async function askText(context: PromptContext, question: string, proposal?: string): Promise<string> {
  const message = shown(question, maxQuestionLength);
  const shownProposal = proposal === undefined ? undefined : shown(proposal, maxChoiceLength);
  const answer = await ask(context, false, async (drawing) => {
    if (isPlain(context))
      return (await import('./plain-prompt.ts')).plainText(drawing, message, shownProposal);
    const { input } = await import('@inquirer/prompts');
    return input({ message, ...(shownProposal !== undefined && { default: shownProposal }) }, drawing);
  });
  return answer === shownProposal && proposal !== undefined ? proposal : answer;
}

/** A line that is masked while it is typed. */
export async function askSecret(context: PromptContext, question: string): Promise<Secret> {
  const message = shown(question, maxQuestionLength);
  const validate = (text: string) => text.trim() !== '' || 'enter a value';
  const answer = await ask(context, isPlain(context), async (drawing) => {
    if (isPlain(context)) return (await import('./plain-prompt.ts')).plainSecret(drawing, message);
    const { password } = await import('@inquirer/prompts');
    return password({ message, mask: true, validate }, drawing);
  });
  return new Secret(answer.trim());
}

/** One of several choices. Enter takes the first one, which must never be final. */
export async function askChoice<T extends string>(
  context: PromptContext,
  question: string,
  choices: readonly Choice<T>[],
): Promise<T> {
  const message = shown(question, maxQuestionLength);
  const safe = choices.map(({ name, value, description }) => ({
    value,
    name: shown(name, maxChoiceLength),
    ...(description !== undefined && { description: shown(description, maxQuestionLength) }),
  }));
  return ask(context, !isPlain(context), async (drawing) => {
    if (isPlain(context)) return (await import('./plain-prompt.ts')).plainChoice(drawing, message, safe);
    const { select } = await import('@inquirer/prompts');
    return select<T>({ message, choices: safe }, drawing);
  });
}

/** Whether the terminal cannot move its cursor. */
export function isPlain({ io }: PromptContext): boolean {
  return io.env.TERM === 'dumb';
}

/** Asks until there is an answer: when the process continues after a stop, the prompt is drawn again. */
export async function ask<T>(
  { io, interruption, output: { noColor } }: PromptContext,
  hasNoLine: boolean,
  draw: (drawing: Drawing) => Promise<T>,
): Promise<T> {
  const output = noColor ? new Colourless(io.stderr.stream) : io.stderr.stream;
  for (;;) {
    if (interruption.asked.aborted) throw interruption.failure();
    const taking = new AbortController();
    let why: Withdrawal | undefined;
    const onWithdrawal = (reason: Withdrawal) => {
      why ??= reason;
      taking.abort();
    };
    const onInterrupt = () => onWithdrawal('interrupted');
    interruption.asked.addEventListener('abort', onInterrupt);
    const keyboard = new Keyboard({ io, hasNoLine, onWithdrawal });
    try {
      return await draw({ input: keyboard, output, signal: taking.signal });
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
