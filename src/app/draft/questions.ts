import type { Choice } from '../../output/prompt.ts';
import type { Context } from '../context.ts';

/* Questions that are repeated until the answer is right, and a way back to those before. */

/** An answer that leaves a part out, one that stands for the whole response, and one that goes back a question. */
export const noneAnswer = '-';
export const wholeAnswer = '.';
export const backAnswer = '<';

/** What is wrong with an answer, for the next attempt; undefined: nothing. */
export type Check = (answer: string) => string | undefined;

export interface Questions {
  ask(question: string, proposal?: string, check?: Check): Promise<string>;
  /** Undefined if the answer is `-`, which is the proposal unless there is another one. */
  optional(question: string, check?: Check, proposal?: string): Promise<string | undefined>;
  choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T>;
}

class Back extends Error {}

/**
 * Runs a dialogue. If an answer goes back, it runs again with the answers that were given before, so it must only ask;
 * whatever else it does is done once more.
 */
export async function withQuestions<T>(
  context: Pick<Context, 'ask' | 'choose'>,
  dialogue: (questions: Questions) => Promise<T>,
): Promise<T> {
  const answers: string[] = [];
  for (;;) {
    try {
      return await dialogue(questionsOf(context, answers));
    } catch (error) {
      if (!(error instanceof Back)) throw error;
      answers.pop();
    }
  }
}

function questionsOf(context: Pick<Context, 'ask' | 'choose'>, answers: string[]): Questions {
  let position = 0;
  const answered = async (askAnew: () => Promise<string>): Promise<string> => {
    const answer = answers[position] ?? (await askAnew());
    answers[position] = answer;
    position += 1;
    return answer;
  };
  const ask: Questions['ask'] = (question, proposal, check) =>
    answered(() => rightAnswer(context, question, proposal, check));
  return {
    ask,
    optional: async (question, check, proposal = noneAnswer) => {
      const answer = await ask(question, proposal, (text) =>
        text === noneAnswer ? undefined : check?.(text),
      );
      return answer === noneAnswer ? undefined : answer;
    },
    choose: async <T extends string>(question: string, choices: readonly Choice<T>[]) =>
      (await answered(() => context.choose(question, choices))) as T,
  };
}

async function rightAnswer(
  context: Pick<Context, 'ask'>,
  question: string,
  proposal: string | undefined,
  check: Check = () => undefined,
): Promise<string> {
  for (let problem: string | undefined; ; ) {
    const hint: string = problem === undefined ? '' : ` (${problem})`;
    const answer = (await context.ask(`${question}${hint}`, proposal)).trim();
    if (answer === backAnswer) throw new Back();
    problem = answer === '' ? 'enter a value' : check(answer);
    if (problem === undefined) return answer;
  }
}

export function inResponse(answer: string): string {
  return answer === wholeAnswer ? '' : answer;
}

export function itemsIn(answer: string): string[] {
  return answer
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

/** The meaning of a style without the marks of the reference page. */
export function plain(meaning: string): string {
  return meaning.replaceAll('`', '');
}

/** A field that is left out if there is no answer. */
export function withField<T>(field: string, value: T | undefined): Record<string, T> {
  return value === undefined ? {} : { [field]: value };
}
