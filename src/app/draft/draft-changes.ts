import { graceStyles } from '../../providers/declaration/styles.ts';
import { isFieldOrWhole, isPath } from './answer-checks.ts';
import type { CreateDraft } from './draft-create.ts';
import type { Draft, Drafting } from './drafting.ts';
import { bodyOf } from './drafting.ts';
import { inResponse, plain, withField } from './questions.ts';

/* What happens to a key that exists: it is shown, changed, revoked, rotated. */

export async function draftShow(drafting: Drafting, path: string, { keyPlace }: CreateDraft): Promise<Draft> {
  const { questions, options } = drafting;
  const get = await questions.optional(`Path that shows one key, such as ${path}`, isPath(options, 'key'));
  return get === undefined ? {} : { show: { get, ...(await draftPlace(drafting, keyPlace)) } };
}

/** Sends what `create` sends. */
export async function draftUpdate(
  drafting: Drafting,
  path: string,
  { body, keyPlace }: CreateDraft,
): Promise<Draft> {
  if (Object.keys(body).length === 0) return {};
  const { questions } = drafting;
  const way = await questions.choose('Can a key be changed?', [
    { value: 'none', name: 'no' },
    { value: 'patch', name: 'yes, by a PATCH of what changes' },
    { value: 'post', name: 'yes, by a POST of what changes' },
    { value: 'partial', name: 'yes, by a PUT of what changes' },
    { value: 'put', name: 'yes, by a PUT of the whole key' },
  ]);
  if (way === 'none') return {};
  const call = await drafting.call('change a key', [way === 'partial' ? 'put' : way], path);
  return {
    update: {
      ...call,
      ...(way === 'partial' && { partial: true }),
      body: bodyOf(body),
      ...(await draftPlace(drafting, keyPlace)),
    },
  };
}

/** Where a response about one key has it; nothing if it is the response itself. */
async function draftPlace({ questions }: Drafting, proposal: string): Promise<Draft> {
  const question = 'Field of that response with the key (. if it is the response itself)';
  const key = inResponse(await questions.ask(question, proposal, isFieldOrWhole));
  return key === '' ? {} : { key };
}

export async function draftRevoke(drafting: Drafting, path: string): Promise<Draft> {
  const { questions, options } = drafting;
  const method = await questions.choose('Method to revoke a key', [
    { value: 'delete', name: 'DELETE' },
    { value: 'post', name: 'POST' },
    { value: 'put', name: 'PUT' },
    { value: 'patch', name: 'PATCH' },
    { value: 'none', name: 'the API has no call for that' },
  ]);
  if (method === 'none') {
    const place = 'Where are keys revoked? A URL, or a name such as the Acme console';
    return { console: await questions.ask(place) };
  }
  if (method === 'delete')
    return { revoke: { delete: await questions.ask('Path to revoke a key', path, isPath(options, 'key')) } };
  const isAnyPath = (text: string) => isPath(options, text.includes('{id}') ? 'key' : 'keys')(text);
  const target = await questions.ask('Path to revoke a key', path, isAnyPath);
  if (target.includes('{id}')) return { revoke: { [method]: target } };
  const field = await drafting.field('Field of the body for the id', 'id');
  return { revoke: { [method]: target, body: bodyOf({ [field]: '{id}' }) } };
}

/** How old and new secrets follow each other. */
export async function draftRotation(
  drafting: Drafting,
  path: string,
  { keyPlace, secretPlace }: CreateDraft,
): Promise<{ overlap: string; rotate?: Draft }> {
  const { questions } = drafting;
  const overlap = await questions.choose('Can an old and a new secret work side by side?', [
    { value: 'client', name: 'yes, as two keys' },
    { value: 'server', name: 'yes, the API rotates a key and keeps its old secret for a while' },
    { value: 'none', name: 'no, a rotation by the API ends the old secret at once' },
  ]);
  if (overlap === 'client') return { overlap };
  const call = await drafting.call('rotate a key', ['post', 'put'], path);
  const grace = overlap === 'server' ? await draftGrace(drafting) : undefined;
  const owner = await questions.choose('Which key has the new secret?', [
    { value: 'same', name: 'the same one: it keeps its id' },
    { value: 'new', name: 'a new one, which is in the response' },
  ]);
  const place =
    owner === 'same'
      ? { keepsId: true }
      : {
          key: inResponse(
            await questions.ask(
              'Field of that response with the new key (. if it is the response itself)',
              keyPlace,
              isFieldOrWhole,
            ),
          ),
        };
  const secret = await drafting.field('Field of that response with the new secret', secretPlace);
  // Without a grace period, nothing says that the old secret of the same key still works.
  const isSure = overlap === 'none' || owner === 'new' || grace !== undefined;
  return {
    overlap: isSure ? overlap : 'none',
    rotate: { ...call, ...withField('body', grace), ...place, secret },
  };
}

async function draftGrace(drafting: Drafting): Promise<Draft | undefined> {
  const field = await drafting.optionalField(
    'Field of the body for how long the old secret works (- if the API decides)',
  );
  if (field === undefined) return undefined;
  const style = await drafting.questions.choose(
    `How is ${field} written?`,
    Object.entries(graceStyles).map(([value, { meaning }]) => ({ value, name: plain(meaning) })),
  );
  return bodyOf({ [field]: `{grace:${style}}` });
}

export async function draftVerify(drafting: Drafting): Promise<Draft> {
  const { questions, options } = drafting;
  const get = await questions.optional(
    'Path of a harmless GET that any working key may make',
    isPath(options),
  );
  if (get === undefined) return {};
  const requires = await drafting.optionalField('Field that only the response to a working key has');
  return { verify: { get, ...withField('requires', requires) } };
}
