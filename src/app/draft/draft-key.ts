import { amountStyles } from '../../providers/declaration/styles.ts';
import { areOf } from './answer-checks.ts';
import type { Draft, Drafting } from './drafting.ts';
import { itemsIn, plain, withField } from './questions.ts';

/** The fields by which a key is known. */
export async function draftKey(drafting: Drafting): Promise<Draft> {
  const id = await drafting.field('Field of a key with its id', 'id');
  const name = await drafting.optionalField('Field with its name (- if keys have none)', 'name');
  const createdAt = await drafting.optionalTime(
    'Field with the time of its creation (- if there is none)',
    'created_at',
  );
  const lastUsedAt = await drafting.optionalTime('Field with the time of its last use, such as last_used_at');
  return {
    id,
    name: name ?? { always: 'api-key' },
    ...withField('createdAt', createdAt),
    ...withField('lastUsedAt', lastUsedAt),
    ...withField('status', await draftStatus(drafting)),
  };
}

async function draftStatus(drafting: Drafting): Promise<Draft[] | undefined> {
  const at = await drafting.optionalField('Field that tells whether it works (- if every listed key does)');
  if (at === undefined) return undefined;
  const words: Record<string, string> = {};
  const { questions } = drafting;
  words[await questions.ask(`Its value if the key works, such as true`, 'active')] = 'active';
  for (const word of ['disabled', 'revoked'] as const) {
    const value = await questions.optional(`Its value if the key is ${word}`, undefined, word);
    if (value !== undefined) words[value] ??= word;
  }
  return [{ at, words }];
}

const restrictions = {
  description: { input: 'description', what: 'the description', field: 'description' },
  'rate limit': { input: 'rateLimitRpm', what: 'the rate limit (requests a minute)', field: 'rate_limit' },
  budget: { input: 'budgetUsd', what: 'the budget', field: 'budget' },
  models: { input: 'models', what: 'the models', field: 'models' },
  labels: { input: 'labels', what: 'the labels', field: 'labels' },
} as const;

export interface SettableDraft {
  /** What a body sends, by the field in it. */
  body: Draft;
  /** Where a key has it. */
  keyFields: Draft;
}

/** What else can be set for a key, in the body of `create` and `update`, and where the key has it. */
export async function draftRestrictions(drafting: Drafting): Promise<SettableDraft> {
  const { questions } = drafting;
  const words = Object.keys(restrictions);
  const question = `Which of ${words.join(', ')} can be set for a key?`;
  const chosen = itemsIn((await questions.optional(question, areOf(words))) ?? '');
  const [body, keyFields]: [Draft, Draft] = [{}, {}];
  for (const [word, { input, what, field }] of Object.entries(restrictions)) {
    if (!chosen.includes(word)) continue;
    const place = await drafting.field(`Field for ${what}, in the body and in a key`, field);
    const unit = input === 'budgetUsd' ? await draftUnit(drafting, place) : 'dollars';
    body[place] = unit === 'dollars' ? `{${input}}` : `{${input}:${unit}}`;
    keyFields[input] = unit === 'dollars' ? place : { at: place, as: unit };
  }
  return { body, keyFields };
}

function draftUnit({ questions }: Drafting, place: string): Promise<string> {
  return questions.choose(`How is ${place} written?`, [
    { value: 'dollars', name: 'a number of US dollars' },
    ...Object.entries(amountStyles).map(([value, { meaning }]) => ({ value, name: plain(meaning) })),
  ]);
}
