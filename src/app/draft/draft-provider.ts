import type { Context } from '../context.ts';
import { areOptionNames, isCount, isHeader, isHeaderName, isId, isUrl, isWord } from './answer-checks.ts';
import { draftRevoke, draftRotation, draftShow, draftUpdate, draftVerify } from './draft-changes.ts';
import { draftCreate } from './draft-create.ts';
import { draftKey } from './draft-key.ts';
import { draftList } from './draft-list.ts';
import { draftLogs, draftUsage } from './draft-use.ts';
import type { Draft } from './drafting.ts';
import { Drafting } from './drafting.ts';
import type { Questions } from './questions.ts';
import { itemsIn, withField, withQuestions } from './questions.ts';

/*
 * The questions of `provider new`, and the declaration that follows from the answers. It has what most APIs need; the
 * reference has the rest.
 */

/** Asks for a declaration, which the caller checks. `onId` may refuse the id before anything else is asked. */
export async function draftProvider(
  context: Pick<Context, 'ask' | 'choose'>,
  onId: (id: string) => Promise<void>,
): Promise<Draft & { id: string }> {
  const accepted = new Set<string>();
  return withQuestions(context, async (questions) => {
    const id = await questions.ask('Id of the provider, such as my-api', undefined, isId);
    if (!accepted.has(id)) await onId(id);
    accepted.add(id);
    return draftFor(id, questions);
  });
}

async function draftFor(id: string, questions: Questions): Promise<Draft & { id: string }> {
  const { options, ...head } = await draftHead(id, questions);
  const drafting = new Drafting(questions, Object.keys(options));
  const list = await draftList(drafting);
  const key = await draftKey(drafting);
  const created = await draftCreate(drafting, list.get, typeof key.name === 'string');
  const path = `${list.get}/{id}`;
  const show = await draftShow(drafting, path, created);
  const update = await draftUpdate(drafting, path, created);
  const revoke = await draftRevoke(drafting, path);
  const { overlap, ...rotation } = await draftRotation(drafting, `${path}/rotate`, created);
  const maxKeys = await questions.optional(
    'How many keys can be active at a time? (- if any number)',
    isCount,
  );
  const verify = await draftVerify(drafting);
  const { keyFields: useFields, ...usage } = await draftUsage(drafting, list);
  const logs = await draftLogs(drafting, list);
  return {
    ...head,
    ...(Object.keys(options).length > 0 && { options }),
    capabilities: {
      overlap,
      ...created.capabilities,
      maxKeys: maxKeys === undefined ? null : Number(maxKeys),
    },
    ...withField('permissions', created.permissions),
    list,
    ...show,
    ...withField('create', created.create),
    ...rotation,
    ...update,
    ...revoke,
    ...logs,
    ...usage,
    ...verify,
    key: { ...key, ...created.keyFields, ...useFields },
  };
}

interface Head extends Draft {
  id: string;
  options: Record<string, Draft>;
}

async function draftHead(id: string, questions: Questions): Promise<Head> {
  const name = await questions.ask(
    'Name to show',
    id.replace(/^./, (letter) => letter.toUpperCase()),
  );
  const url = await questions.optional('Base URL of the API (- if every installation has its own)', isUrl);
  const docs = await questions.optional('URL of its documentation');
  const auth = await draftAuth(questions);
  const header = await questions.optional('Header of every request, such as X-Api-Version: 2', isHeader);
  const names = await questions.optional('Settings that paths contain, such as project', areOptionNames);
  const options: Head['options'] = {};
  for (const option of itemsIn(names ?? ''))
    options[option] = { help: await questions.ask(`What is ${option}?`, `the ${option}`), required: true };
  return {
    id,
    name,
    ...withField('docs', docs),
    ...withField('url', url),
    auth,
    ...withField('headers', header === undefined ? undefined : headerOf(header)),
    options,
  };
}

function headerOf(line: string): Draft {
  const [name = '', ...rest] = line.split(':');
  return { [name.trim()]: rest.join(':').trim() };
}

async function draftAuth(questions: Questions): Promise<Draft> {
  const kind = await questions.choose('How does the API take the session token?', [
    { value: 'bearer', name: 'Authorization: Bearer TOKEN' },
    { value: 'header', name: 'in another header' },
  ]);
  if (kind === 'bearer') return { header: 'Authorization', scheme: 'Bearer' };
  const header = await questions.ask('Name of the header', 'X-Api-Key', isHeaderName);
  return { header, ...withField('scheme', await questions.optional('Word before the token', isWord)) };
}
