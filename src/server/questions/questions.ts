import type { AuthorityService } from '../../authority/service.ts';
import type { Caller } from '../../authority/sessions.ts';
import * as admin from './admin-questions.ts';
import type { Asked } from './asked.ts';
import * as compat from './compat-questions.ts';

/*
 * What may take longer the more keys and uses there are. A thread answers it, so that it delays no decision on a key;
 * nothing here knows HTTP.
 */
const questions = { ...admin, ...compat };

export type QuestionName = keyof typeof questions;
export type QuestionInput<Name extends QuestionName> = Parameters<(typeof questions)[Name]>[1];

/** The answer to a question, as JSON in UTF-8. Throws `KeysError`. */
export async function answerTo(
  authority: AuthorityService,
  caller: Caller,
  name: QuestionName,
  input: unknown,
): Promise<Uint8Array<ArrayBuffer>> {
  const question = questions[name] as (asked: Asked, input: unknown) => Promise<object>;
  const answer = await question({ keys: authority.keysOf(caller), authority }, input);
  return new TextEncoder().encode(JSON.stringify(answer));
}
