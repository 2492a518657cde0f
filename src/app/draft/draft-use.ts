import { momentStyles } from '../../providers/declaration/styles.ts';
import { isFieldOrWhole, isParameter, isPath } from './answer-checks.ts';
import type { ListDraft } from './draft-list.ts';
import type { Draft, Drafting } from './drafting.ts';
import { inResponse, plain, withField } from './questions.ts';

/* What an API tells of the use of keys: counters, totals by day, a log of requests. */

export interface UsageDraft {
  usage?: Draft;
  keyFields: Draft;
}

export async function draftUsage(drafting: Drafting, list: ListDraft): Promise<UsageDraft> {
  const kind = await drafting.questions.choose('Does the API count the use of keys?', [
    { value: 'none', name: 'no' },
    { value: 'key', name: 'yes, in the fields of each key' },
    { value: 'call', name: 'yes, by day, with a call of its own' },
  ]);
  if (kind === 'none') return { keyFields: {} };
  if (kind === 'call') return { usage: await draftTotals(drafting, list), keyFields: {} };
  const requests = await drafting.optionalField('Field of a key with its requests', 'usage.requests');
  const tokens =
    requests === undefined
      ? undefined
      : await drafting.optionalField('Field with its tokens, such as tokens');
  const spentUsd = await drafting.optionalField('Field with what it has spent, in US dollars, such as spent');
  const usage = requests === undefined ? undefined : { requests, ...withField('tokens', tokens) };
  return { keyFields: { ...withField('spentUsd', spentUsd), ...withField('usage', usage) } };
}

async function draftTotals(drafting: Drafting, list: ListDraft): Promise<Draft> {
  const { questions } = drafting;
  const call = await draftItems(drafting, { what: 'the totals', path: '/usage' });
  const keyId = await drafting.field('Field of a total with the id of its key', 'key_id');
  const date = await drafting.time(await drafting.field('Field with its day', 'date'));
  const requests = await drafting.field('Field with its requests', 'requests');
  const tokens = await drafting.optionalField('Field with its tokens, such as tokens');
  const spentUsd = await drafting.optionalField('Field with what was spent, in US dollars, such as cost');
  const since = await questions.optional('Parameter for the first day, such as start_date', isParameter);
  const style = since === undefined ? '' : await draftMoment(drafting, since);
  return {
    get: call.get,
    ...(since !== undefined && { query: { [since]: `{since:${style}}` } }),
    items: call.items,
    ...(await draftSamePaging(drafting, list)),
    row: {
      keyId,
      date,
      requests,
      ...withField('tokens', tokens),
      ...withField('spentUsd', spentUsd),
    },
    ...(since !== undefined && { defaultDays: 30 }),
  };
}

export async function draftLogs(drafting: Drafting, list: ListDraft): Promise<Draft> {
  const { questions, options } = drafting;
  const path = await questions.optional(
    'Path that lists the requests made with keys, such as /logs',
    isPath(options),
  );
  if (path === undefined) return {};
  const items = await draftPlaceOfItems(drafting, 'the requests');
  const timestamp = await drafting.time(
    await drafting.field('Field of a request with its time', 'timestamp'),
  );
  const method = await drafting.optionalField('Field with its method (- if it is always POST)', 'method');
  const requestPath = await drafting.field('Field with its path', 'path');
  const statusCode = await drafting.optionalField('Field with its status', 'status');
  const keyId = await drafting.optionalField('Field with the id of its key', 'key_id');
  return {
    logs: {
      get: path,
      items,
      ...(await draftSamePaging(drafting, list)),
      entry: {
        timestamp,
        method: method ?? { always: 'POST' },
        path: requestPath,
        ...withField('statusCode', statusCode),
        ...withField('keyId', keyId),
      },
    },
  };
}

interface ItemsQuestion {
  what: string;
  path: string;
}

async function draftItems(drafting: Drafting, { what, path }: ItemsQuestion): Promise<Draft> {
  const { questions, options } = drafting;
  const get = await questions.ask(`Path of ${what}`, path, isPath(options));
  return { get, items: await draftPlaceOfItems(drafting, what) };
}

async function draftPlaceOfItems({ questions }: Drafting, what: string): Promise<string> {
  const question = `Field of the response with ${what} (. if it is the list itself)`;
  return inResponse(await questions.ask(question, 'data', isFieldOrWhole));
}

/** Further pages are read as those of the list of keys, or there are none. */
async function draftSamePaging({ questions }: Drafting, { paging }: ListDraft): Promise<Draft> {
  if (paging === undefined) return {};
  const isSame = await questions.choose('Are its further pages read as those of the keys?', [
    { value: 'yes', name: 'yes' },
    { value: 'no', name: 'no, one response has everything' },
  ]);
  return isSame === 'yes' ? { paging } : {};
}

function draftMoment({ questions }: Drafting, parameter: string): Promise<string> {
  return questions.choose(
    `How is ${parameter} written?`,
    Object.entries(momentStyles).map(([value, { meaning }]) => ({ value, name: plain(meaning) })),
  );
}
