import { expiryStyles } from '../../providers/declaration/styles.ts';
import { areSpans, isFieldOrWhole } from './answer-checks.ts';
import { draftRestrictions } from './draft-key.ts';
import type { Draft, Drafting } from './drafting.ts';
import { bodyOf } from './drafting.ts';
import { inResponse, itemsIn, plain, withField } from './questions.ts';

export interface CreateDraft {
  /** Absent: the API has no call to create a key. */
  create?: Draft;
  capabilities: Draft;
  permissions?: string[];
  /** What `create` and `update` send, by the field in the body. */
  body: Draft;
  keyFields: Draft;
  /** Where a response has one key; the proposal for further calls. */
  keyPlace: string;
  secretPlace: string;
}

/** How keys are created; `hasNames`: they have a name that can be chosen. */
export async function draftCreate(drafting: Drafting, path: string, hasNames: boolean): Promise<CreateDraft> {
  const { questions } = drafting;
  const call = await drafting.call('create a key', ['post', 'put'], path);
  const nameField = hasNames ? await drafting.field('Field of the body for the name', 'name') : undefined;
  const expiry = await draftExpiry(drafting);
  const permissions = await draftPermissions(drafting);
  const restrictions = await draftRestrictions(drafting);
  const uniqueNames =
    hasNames &&
    (await questions.choose('Can two keys have the same name?', [
      { value: 'no', name: 'yes' },
      { value: 'yes', name: 'no, names are unique' },
    ])) === 'yes';
  const place = await questions.ask(
    'Field of the response with the new key (. if it is the response itself)',
    '.',
    isFieldOrWhole,
  );
  const key = inResponse(place);
  const secretProposal = [key, 'secret'].filter(Boolean).join('.');
  const secret = await drafting.field('Field of the response with the secret', secretProposal);
  const body = {
    ...(nameField !== undefined && { [nameField]: '{name}' }),
    ...permissions.body,
    ...restrictions.body,
    ...expiry.body,
  };
  return {
    create: { ...call, ...(Object.keys(body).length > 0 && { body: bodyOf(body) }), key, secret },
    capabilities: { ...expiry.capabilities, uniqueNames },
    ...withField('permissions', permissions.permissions),
    body,
    keyFields: { ...permissions.keyFields, ...restrictions.keyFields, ...expiry.keyFields },
    keyPlace: place,
    secretPlace: secret,
  };
}

interface Part {
  body: Draft;
  keyFields: Draft;
}

async function draftPermissions(drafting: Drafting): Promise<Part & { permissions?: string[] }> {
  const question = 'Permissions a key can have, the weakest first, with commas (- if there are none)';
  const list = await drafting.questions.optional(question);
  if (list === undefined) return { body: {}, keyFields: {} };
  const field = await drafting.field('Field for the permissions, in the body and in a key', 'permissions');
  return {
    permissions: itemsIn(list),
    body: { [field]: '{permissions}' },
    keyFields: { permissions: field },
  };
}

async function draftExpiry(drafting: Drafting): Promise<Part & { capabilities: Draft }> {
  const { questions } = drafting;
  const expiry = await questions.choose('When can a key expire?', [
    { value: 'none', name: 'never' },
    { value: 'any', name: 'at any time' },
    { value: 'steps', name: 'after one of a few spans' },
  ]);
  if (expiry === 'none') return { capabilities: { expiry }, body: {}, keyFields: {} };
  const spans =
    expiry === 'steps' ? await questions.ask('The spans, with commas', '30d, 90d, 1y', areSpans) : '';
  const field = await drafting.field('Field of the body for the expiry', 'expires_at');
  const style = await questions.choose(`How is ${field} written?`, [
    ...Object.entries(expiryStyles)
      .filter(([name]) => expiry === 'steps' || !name.startsWith('step'))
      .map(([value, { meaning }]) => ({ value, name: plain(meaning) })),
  ]);
  const expiresAt = await drafting.optionalTime('Field of a key with its expiry (- if there is none)', field);
  return {
    capabilities: { expiry, ...(spans !== '' && { expirySteps: itemsIn(spans) }) },
    body: { [field]: `{expiresAt:${style}}` },
    keyFields: withField('expiresAt', expiresAt),
  };
}
