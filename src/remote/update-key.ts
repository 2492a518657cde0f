import { KeysError } from '../base/errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Key } from '../keys/key.ts';
import { unread } from '../keys/key.ts';
import type { KeyChanges } from '../keys/ports.ts';
import type { Operation } from '../providers/declaration/operation.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { isEmptyBody } from './failure-body.ts';
import type { Inputs } from './fill-template.ts';
import { readId } from './read-key.ts';
import { part, select } from './select.ts';

export interface UpdateContext {
  api: Api;
  provider: Provider;
  get(id: string): Promise<Key | undefined>;
  list(): Promise<Key[]>;
  /** The name that a key gets at the API. */
  nameFor(name: string, id: string): Promise<string>;
}

/**
 * Changes only the given fields of a key: if the API replaces the whole key, or all of its labels, the other values are
 * read and sent again. Returns the key as it is afterwards, even if the change gave it another id.
 */
export async function updateKey(account: UpdateContext, id: string, changes: KeyChanges): Promise<Key> {
  const { update, enable, disable } = account.provider;
  const { disabled, ...fields } = changes;
  const toggle = disabled ? disable : enable;
  if (disabled !== undefined && toggle) await change(account, toggle, { id });
  let now = id;
  if (update && Object.keys(fields).length > 0) {
    const inputs = await inputsFor(account, id, fields);
    now = idIn(await change(account, update, { ...inputs, id }), account.provider) ?? id;
  }
  const key = (await account.get(now)) ?? (await renamed(account, changes));
  if (!key) throw noSuchKey(now);
  return key;
}

/** Fields that an update has to send again if it replaces the whole key. */
const traits = ['description', 'permissions', 'rateLimitRpm', 'budgetUsd', 'models'] as const;

async function inputsFor(
  { provider, get, nameFor }: UpdateContext,
  id: string,
  { labels, name, ...fields }: Omit<KeyChanges, 'disabled'>,
): Promise<Inputs> {
  const { update } = provider;
  const isWhole = update?.put !== undefined;
  const mergesLabels = update?.labels === 'merge';
  if (!isWhole && (labels === undefined || mergesLabels)) {
    return {
      ...fields,
      ...(labels && { labels }),
      ...(name !== undefined && { name: await nameFor(name, id) }),
    };
  }
  const before = await get(id);
  if (!before) throw noSuchKey(id);
  const lostFields = (before[unread] ?? []).filter((field) => isWhole || field === 'labels');
  if (lostFields.length > 0) throw unreadable(id, lostFields);
  const own = isWhole ? Object.fromEntries(traits.map((field) => [field, before[field]])) : {};
  const expiresAt = isWhole && before.expiresAt ? { expiresAt: new Date(before.expiresAt) } : {};
  const all = { ...before.labels, ...labels };
  const whole = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  return {
    ...own,
    ...expiresAt,
    ...fields,
    ...((isWhole || name !== undefined) && { name: await nameFor(name ?? before.name, id) }),
    labels: mergesLabels ? labels : whole,
  };
}

async function change({ api }: UpdateContext, operation: Operation, inputs: Inputs): Promise<HttpResponse> {
  const response = await api.send(operation, inputs);
  if (response.status === 404 || isEmptyBody(response)) throw noSuchKey(String(inputs.id));
  return response;
}

/** The id of the key in a response, if it has one. */
function idIn(response: HttpResponse, { update, key }: Provider): string | undefined {
  try {
    const keyPart = select(part(response.json()), update?.key ?? '');
    return keyPart && readId(keyPart, key);
  } catch {
    return undefined;
  }
}

/** Some APIs address a key by its name. */
async function renamed({ list }: UpdateContext, { name }: KeyChanges): Promise<Key | undefined> {
  if (name === undefined) return undefined;
  const [only, ...others] = (await list()).filter((key) => key.name === name && key.status !== 'revoked');
  return others.length === 0 ? only : undefined;
}

function unreadable(id: string, fields: readonly string[]): KeysError {
  return new KeysError({
    code: 'would_be_lost',
    message: `the API replaces the whole key ${id}, and keys cannot read its ${fields.join(', ')}; nothing was changed`,
    hints: ['declare where these fields are in the provider file (docs/reference/providers.md)'],
  });
}

export function noSuchKey(id: string): KeysError {
  return new KeysError({
    code: 'no_such_key',
    message: `the API has no key '${id}'`,
    hints: ['keys list --status all'],
  });
}
