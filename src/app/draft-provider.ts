import { expiryStyles, timeStyles } from '../providers/declaration/styles.ts';
import type { Ask, Asking } from './questions.ts';
import {
  askerOf,
  inResponse,
  isCount,
  isHeader,
  isId,
  isPath,
  isPathOfKey,
  isUrl,
  noneAnswer,
  optionally,
  plain,
  wholeAnswer,
} from './questions.ts';

/*
 * The questions of `provider new`, and the declaration that follows from the answers. It has what every API needs; the
 * reference has the rest.
 */

type Draft = Record<string, unknown>;

/** Asks for a declaration, which the caller checks. `onId` may refuse the id before anything else is asked. */
export async function draftProvider(
  context: Asking,
  onId: (id: string) => Promise<void>,
): Promise<Draft & { id: string }> {
  const ask = askerOf(context);
  const id = await ask('Id of the provider', undefined, isId);
  await onId(id);
  const head = {
    id,
    name: await ask(
      'Name to show',
      id.replace(/^./, (letter) => letter.toUpperCase()),
    ),
    ...(await optionally(ask, 'docs', 'URL of its documentation')),
    ...(await optionally(ask, 'url', 'Base URL (- if every installation has its own)', isUrl)),
    auth: await draftAuth(context, ask),
  };
  const list = await draftList(context, ask);
  const key = await draftKey(context, ask);
  const create = await draftCreate(context, ask, list.get);
  const revoke = await draftCall(context, ask, {
    what: 'revoke a key',
    methods: ['delete', 'post', 'put', 'patch'],
    path: `${list.get}/{id}`,
  });
  const { overlap, ...rotation } = await draftRotation(
    context,
    ask,
    create.issuing,
    `${list.get}/{id}/rotate`,
  );
  const verify = await draftVerify(ask);
  return {
    ...head,
    capabilities: { overlap, ...create.capabilities, maxKeys: null },
    ...(create.permissions && { permissions: create.permissions }),
    list,
    create: create.issuing,
    ...rotation,
    revoke,
    ...verify,
    key: { ...key, ...create.keyFields },
  };
}

async function draftAuth(context: Asking, ask: Ask): Promise<Draft> {
  const kind = await context.choose('How does it take the session token?', [
    { value: 'bearer', name: 'Authorization: Bearer TOKEN' },
    { value: 'header', name: 'in another header' },
  ]);
  if (kind === 'bearer') return { header: 'Authorization', scheme: 'Bearer' };
  const header = await ask('Name of the header', 'X-Api-Key', isHeader);
  return { header, ...(await optionally(ask, 'scheme', 'Word before the token')) };
}

async function draftList(context: Asking, ask: Ask): Promise<Draft & { get: string }> {
  const get = await ask('Path that lists the keys', '/keys', isPath);
  const items = inResponse(
    await ask('Field of the response with the keys (. if it is the list itself)', 'data'),
  );
  const by = await context.choose('How are further pages read?', [
    { value: 'none', name: 'one response has all keys' },
    { value: 'page', name: 'by the number of the page' },
    { value: 'offset', name: 'by the number of keys to skip' },
    { value: 'cursor', name: 'by a cursor in the response' },
    { value: 'link', name: 'by the Link header' },
  ]);
  if (by === 'none') return { get, items };
  const limit = await ask('Parameter for the keys per page', 'limit');
  const size = Number(await ask('Keys per page', '100', isCount));
  if (by === 'link') return { get, items, paging: { by, limit, size } };
  const parameter = await ask(`Parameter for the ${by}`, by);
  const next =
    by === 'cursor' ? { next: await ask('Field of the response with the next cursor', 'next_cursor') } : {};
  return { get, items, paging: { by, [by]: parameter, ...next, limit, size } };
}

async function draftKey(context: Asking, ask: Ask): Promise<Draft> {
  const id = await ask('Field of a key with its id', 'id');
  const name = await ask('Field with its name (- if keys have none)', 'name');
  const createdAt = await ask('Field with the time of its creation (- if there is none)', 'created_at');
  return {
    id,
    name: name === noneAnswer ? { always: 'api-key' } : name,
    ...(createdAt !== noneAnswer && { createdAt: await draftTime(context, createdAt) }),
  };
}

/** A field with a time, and how it is written. */
async function draftTime(context: Asking, at: string): Promise<unknown> {
  const as = await context.choose(`How is ${at} written?`, [
    { value: 'rfc3339', name: 'RFC 3339, such as 2027-01-31T18:00:00Z' },
    ...Object.entries(timeStyles).map(([value, { meaning }]) => ({ value, name: plain(meaning) })),
  ]);
  return as === 'rfc3339' ? at : { at, as };
}

interface CreateDraft {
  issuing: Draft;
  capabilities: Draft;
  permissions?: string[];
  keyFields: Draft;
}

async function draftCreate(context: Asking, ask: Ask, path: string): Promise<CreateDraft> {
  const call = await draftCall(context, ask, { what: 'create a key', methods: ['post', 'put'], path });
  const name = await ask('Field of the body for the name', 'name');
  const expiry = await draftExpiry(context, ask);
  const list = await ask(
    'Permissions a key can have, the weakest first, with commas (- if there are none)',
    noneAnswer,
  );
  const permissions = list === noneAnswer ? undefined : list.split(',').map((one) => one.trim());
  const permissionField =
    permissions && (await ask('Field for the permissions, in the body and in a key', 'permissions'));
  const uniqueNames = await context.choose('Can two keys have the same name?', [
    { value: 'no', name: 'yes' },
    { value: 'yes', name: 'no, names are unique' },
  ]);
  const key = await ask(
    'Field of the response with the new key (. if it is the response itself)',
    wholeAnswer,
  );
  const secretProposal = [inResponse(key), 'secret'].filter(Boolean).join('.');
  const secret = await ask('Field of the response with the secret', secretProposal);
  return {
    issuing: {
      ...call,
      body: {
        [name]: '{name}',
        ...(permissionField !== undefined && { [permissionField]: '{permissions}' }),
        ...expiry.body,
      },
      key: inResponse(key),
      secret,
    },
    capabilities: { expiry: expiry.kind, ...expiry.capabilities, uniqueNames: uniqueNames === 'yes' },
    ...(permissions && { permissions }),
    keyFields: {
      ...(permissionField !== undefined && { permissions: permissionField }),
      ...expiry.keyFields,
    },
  };
}

interface ExpiryDraft {
  kind: 'any' | 'steps' | 'none';
  body: Draft;
  capabilities: Draft;
  keyFields: Draft;
}

async function draftExpiry(context: Asking, ask: Ask): Promise<ExpiryDraft> {
  const kind = await context.choose('When can a key expire?', [
    { value: 'none', name: 'never' },
    { value: 'any', name: 'at any time' },
    { value: 'steps', name: 'after one of a few spans' },
  ]);
  if (kind === 'none') return { kind, body: {}, capabilities: {}, keyFields: {} };
  const spans = kind === 'steps' ? await ask('The spans, with commas', '30d, 90d, 1y') : '';
  const field = await ask('Field of the body for the expiry', 'expires_at');
  const style = await context.choose(`How is ${field} written?`, [
    ...Object.entries(expiryStyles)
      .filter(([name]) => kind === 'steps' || !name.startsWith('step'))
      .map(([value, { meaning }]) => ({ value, name: plain(meaning) })),
  ]);
  const readField = await ask('Field of a key with its expiry (- if there is none)', field);
  return {
    kind,
    body: { [field]: `{expiresAt:${style}}` },
    capabilities: spans === '' ? {} : { expirySteps: spans.split(',').map((span) => span.trim()) },
    keyFields: readField === noneAnswer ? {} : { expiresAt: await draftTime(context, readField) },
  };
}

async function draftRotation(
  context: Asking,
  ask: Ask,
  { key, secret }: Draft,
  proposal: string,
): Promise<{ overlap: string; rotate?: Draft }> {
  const overlap = await context.choose('Can an old and a new key work side by side?', [
    { value: 'client', name: 'yes, as two keys' },
    { value: 'server', name: 'yes, the API rotates a key and keeps its old secret for a while' },
    { value: 'none', name: 'no, a new secret ends the old one at once' },
  ]);
  if (overlap === 'client') return { overlap };
  const path = await ask('Path of the POST that rotates a key', proposal, isPathOfKey);
  return { overlap, rotate: { post: path, key, secret } };
}

async function draftVerify(ask: Ask): Promise<Draft> {
  const call = await optionally(ask, 'get', 'Path of a harmless GET by which a key tries itself', isPath);
  if (!('get' in call)) return {};
  const requires = 'Field that only the response to a working key has';
  return { verify: { ...call, ...(await optionally(ask, 'requires', requires)) } };
}

interface CallQuestion {
  what: string;
  methods: readonly string[];
  /** The proposal. */
  path: string;
}

async function draftCall(context: Asking, ask: Ask, { what, methods, path }: CallQuestion): Promise<Draft> {
  const choices = methods.map((value) => ({ value, name: value.toUpperCase() }));
  const method = await context.choose(`Method to ${what}`, choices);
  return { [method]: await ask(`Path to ${what}`, path, path.includes('{id}') ? isPathOfKey : isPath) };
}
