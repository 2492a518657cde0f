import { isCount, isField, isFieldOrWhole, isParameter, isPath } from './answer-checks.ts';
import type { Draft, Drafting } from './drafting.ts';
import { inResponse } from './questions.ts';

export interface ListDraft extends Draft {
  get: string;
  paging?: Draft;
}

export async function draftList(drafting: Drafting): Promise<ListDraft> {
  const { questions, options } = drafting;
  const [option] = options;
  const proposal = option === undefined ? '/keys' : `/${option}s/{option.${option}}/keys`;
  const get = await questions.ask('Path that lists the keys', proposal, isPath(options));
  const items = await questions.ask(
    'Field of the response with the keys (. if it is the list itself)',
    'data',
    isFieldOrWhole,
  );
  return { get, items: inResponse(items), ...(await draftPaging(drafting)) };
}

async function draftPaging({ questions }: Drafting): Promise<{ paging?: Draft }> {
  const by = await questions.choose('How are further pages read?', [
    { value: 'none', name: 'one response has all keys' },
    { value: 'page', name: 'by the number of the page' },
    { value: 'offset', name: 'by the number of keys to skip' },
    { value: 'cursor', name: 'by a cursor in the response' },
    { value: 'last', name: 'by the last key of the page' },
    { value: 'url', name: 'by the URL of the next page, in the response' },
    { value: 'link', name: 'by the Link header' },
  ]);
  if (by === 'none') return {};
  const nextField = (what: string, proposal: string) =>
    questions.ask(`Field of the response with ${what}`, proposal, isField);
  if (by === 'url') return { paging: { by, next: await nextField('the URL of the next page', 'next') } };
  const limit = await questions.ask('Parameter for the keys per page', 'limit', isParameter);
  const size = Number(await questions.ask('Keys per page', '100', isCount));
  if (by === 'link') return { paging: { by, limit, size } };
  const isCursor = by === 'cursor' || by === 'last';
  const what = by === 'last' ? 'last key' : by;
  const parameter = await questions.ask(
    `Parameter for the ${what}`,
    by === 'last' ? 'after' : by,
    isParameter,
  );
  if (!isCursor) return { paging: { by, [by]: parameter, limit, size } };
  const place =
    by === 'cursor'
      ? { next: await nextField('the next cursor', 'next_cursor') }
      : {
          last: await questions.ask('Field of the last key to send', 'id', isField),
          more: await nextField('whether there are more keys', 'has_more'),
        };
  return { paging: { by: 'cursor', cursor: parameter, ...place, limit, size } };
}
