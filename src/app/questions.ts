import type { Context } from './context.ts';

/* Questions that are repeated until the answer is right. */

export type Asking = Pick<Context, 'ask' | 'choose'>;

/** An answer that leaves a field out, and one that stands for the whole response. */
export const noneAnswer = '-';
export const wholeAnswer = '.';

/** What is wrong with an answer, for the next attempt; undefined: nothing. */
export type Check = (answer: string) => string | undefined;

export type Ask = (question: string, proposal?: string, check?: Check) => Promise<string>;

/** Asks again until the answer is right. */
export function askerOf(context: Asking): Ask {
  return async (question, proposal, check = () => undefined) => {
    for (let problem: string | undefined; ; ) {
      const hint: string = problem === undefined ? '' : ` (${problem})`;
      const answer = (await context.ask(`${question}${hint}`, proposal)).trim();
      problem = answer === '' ? 'enter a value' : check(answer);
      if (problem === undefined) return answer;
    }
  };
}

/** A field that `-` leaves out, which is the proposal. */
export async function optionally(
  ask: Ask,
  field: string,
  question: string,
  check?: Check,
): Promise<Record<string, string>> {
  const answer = await ask(question, noneAnswer, (text) => (text === noneAnswer ? undefined : check?.(text)));
  return answer === noneAnswer ? {} : { [field]: answer };
}

export function inResponse(answer: string): string {
  return answer === wholeAnswer ? '' : answer;
}

/** The meaning of a style without the marks of the reference page. */
export function plain(meaning: string): string {
  return meaning.replaceAll('`', '');
}

export const isId: Check = (text) =>
  /^[a-z][a-z0-9-]*$/.test(text) ? undefined : 'use lower-case letters, digits and dashes';
export const isUrl: Check = (text) =>
  URL.canParse(text) ? undefined : 'write a URL such as https://api.example.com';
export const isPath: Check = (text) => (text.startsWith('/') ? undefined : 'write a path such as /keys');
export const isPathOfKey: Check = (text) =>
  text.startsWith('/') && text.includes('{id}') ? undefined : 'write a path with {id}, such as /keys/{id}';
export const isHeader: Check = (text) =>
  /^[\w-]+$/.test(text) ? undefined : 'use letters, digits and dashes';
export const isCount: Check = (text) =>
  /^[1-9]\d{0,3}$/.test(text) ? undefined : 'write a number such as 100';
