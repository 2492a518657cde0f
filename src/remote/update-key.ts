import { isStop, KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Key } from '../keys/key.ts';
import { changeAnswer, kept, statusOf, unread } from '../keys/key.ts';
import type { KeyChanges } from '../keys/ports.ts';
import { replacesWhole } from '../providers/declaration/call.ts';
import { namesIn } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import type { ChangeCall } from './change-calls.ts';
import { changeCalls } from './change-calls.ts';
import { confirmsToggle } from './confirms-toggle.ts';
import { isEmptyBody } from './failure-body.ts';
import type { Inputs } from './fill-template.ts';
import { keptInputs, withoutKept } from './key-inputs.ts';
import { noSuchKey } from './no-such-key.ts';
import { readId } from './read-key.ts';
import { requireToggled } from './require-toggled.ts';
import type { Part } from './select.ts';
import { part, select } from './select.ts';

export interface UpdateContext {
  api: Api;
  provider: Provider;
  now(): Date;
  get(id: string): Promise<Key | undefined>;
  list(): Promise<Key[]>;
  /** The key in a response. */
  read(keyPart: Part): Promise<Key>;
  /** The name that a key gets at the API. */
  nameFor(name: string, id: string): Promise<string>;
}

/**
 * Changes only the given fields of a key: if the API replaces the whole key, or all of its labels, the other values are
 * read and sent again. Returns the key as it is afterwards, even if the change gave it another id. Throws `KeysError`,
 * which tells what has changed if only some of several calls succeeded.
 */
export async function updateKey(
  account: UpdateContext,
  id: string,
  changes: KeyChanges,
  listedKey?: Key,
): Promise<Key> {
  const key = await changedKey(account, id, changes, listedKey);
  if (changes.disabled !== undefined) requireToggled(account.provider, key, changes.disabled);
  return key;
}

async function changedKey(
  account: UpdateContext,
  id: string,
  changes: KeyChanges,
  listedKey: Key | undefined,
): Promise<Key> {
  const calls = changeCalls(account.provider, changes);
  const done: ChangeCall[] = [];
  let now = id;
  let answeredKey: Key | undefined;
  let answerText = '';
  let isConfirmed = true;
  for (const call of calls) {
    try {
      const before = () => keyBefore(account, now, done.length === 0 ? listedKey : undefined);
      const inputs = await inputsFor(account, { id: now, before }, call, changes);
      const response = await send(account, call, { ...inputs, id: now });
      const keyPart = keyIn(response, call, account.provider);
      const toggled = { id: now, disabled: changes.disabled === true, keyPart };
      isConfirmed &&= confirmsToggle(response, call.operation, account.provider, toggled);
      // A call that changes the status gives a key no other id: a key with another one is not the key.
      if (!call.fields.includes('disabled')) now = idIn(keyPart, account.provider) ?? now;
      if (!keyPart) answerText = account.api.reasonOf(response, call.operation).replace(/^, /, '');
      answeredKey = keyPart && (await toggledKey(account, keyPart, { id: now, changes }));
      done.push(call);
    } catch (error) {
      if (done.length === 0 || !(error instanceof KeysError) || isStop(error)) throw error;
      throw partlyChanged(now, calls, done, error);
    }
  }
  if (answeredKey) return answeredKey;
  const confirmedKey = isConfirmed && listedKey && toggledAs(account, listedKey, calls, changes);
  if (confirmedKey) return confirmedKey;
  const key = (await account.get(now)) ?? (await renamed(account, changes));
  if (!key) throw noSuchKey(now);
  return answerText === '' ? key : { ...key, [changeAnswer]: answerText };
}

/** Fields that an update has to send again if it replaces the whole key. */
const traits = ['description', 'permissions', 'rateLimitRpm', 'budgetUsd', 'models'] as const;

/** The key as it is. Its row of the list serves if the list has all of the key, or is all that the API has. */
async function keyBefore(
  { provider, get }: UpdateContext,
  id: string,
  listedKey: Key | undefined,
): Promise<Key> {
  const isWhole = provider.list.whole || !provider.show;
  const key = listedKey && isWhole && !listedKey[unread]?.length ? listedKey : await get(id);
  if (!key) throw noSuchKey(id);
  return key;
}

async function inputsFor(
  { nameFor }: UpdateContext,
  { id, before: readBefore }: { id: string; before: () => Promise<Key> },
  { operation, fields: sentFields, sendsKey }: ChangeCall,
  changes: KeyChanges,
): Promise<Inputs> {
  const changed = Object.fromEntries(sentFields.map((field) => [field, changes[field]])) as KeyChanges;
  const { labels, name, disabled: _, ...fields } = changed;
  const mergesLabels = operation.labels === 'merge';
  const names = namesIn(operation);
  // A call that changes the status sends what it declares, and nothing else.
  const isWhole = sendsKey || (replacesWhole(operation) && !sentFields.includes('disabled'));
  const needsKept = names.some((input) => input.startsWith('kept.'));
  const changedName = name === undefined ? {} : { name: await nameFor(name, id) };
  if (!isWhole && !needsKept && (labels === undefined || mergesLabels))
    return { ...fields, ...(labels && { labels }), ...changedName };
  const before = await readBefore();
  // What the API keeps by itself is lost only if it is sent.
  const isSent = (field: string) => operation.partial !== true || names.includes(field);
  const lostFields = (before[unread] ?? []).filter((field) =>
    isWhole ? isSent(field) : field === 'labels' && labels !== undefined,
  );
  if (lostFields.length > 0) throw unreadable(id, lostFields);
  const own = isWhole ? Object.fromEntries(traits.map((field) => [field, before[field]])) : {};
  const expiresAt = isWhole && before.expiresAt ? { expiresAt: new Date(before.expiresAt) } : {};
  const ownName = isWhole && names.includes('name') ? { name: await nameFor(before.name, id) } : {};
  return {
    ...keptInputs(before[kept]),
    ...own,
    ...expiresAt,
    ...ownName,
    ...fields,
    ...changedName,
    ...((isWhole || labels !== undefined) && {
      labels: mergesLabels ? labels : withLabels(before, labels),
    }),
  };
}

function withLabels({ labels: ownLabels }: Key, labels: KeyChanges['labels']): Record<string, unknown> {
  const entries = Object.entries({ ...ownLabels, ...labels });
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

async function send(
  { api }: UpdateContext,
  { operation }: ChangeCall,
  inputs: Inputs,
): Promise<HttpResponse> {
  const response = await api.send(operation, inputs).catch((error: unknown) => {
    throw withoutKept(error, inputs);
  });
  if (response.status === 404 || isEmptyBody(response))
    throw noSuchKey(String(inputs.id), api.reasonOf(response));
  return response;
}

/** The key in a response, if it has one. */
function keyIn(response: HttpResponse, { keyPath }: ChangeCall, { key }: Provider): Part | undefined {
  try {
    const keyPart = select(part(response.json()), keyPath);
    return keyPart && readId(keyPart, key) !== '' ? keyPart : undefined;
  } catch {
    return undefined;
  }
}

function idIn(keyPart: Part | undefined, { key }: Provider): string | undefined {
  return keyPart && readId(keyPart, key);
}

/**
 * The key, if its response tells that nothing but its status was to change, and that it has: then it need not be looked up.
 */
async function toggledKey(
  { provider, read }: UpdateContext,
  keyPart: Part,
  { id, changes: { disabled, ...fields } }: { id: string; changes: KeyChanges },
): Promise<Key | undefined> {
  if (disabled === undefined || Object.keys(fields).length > 0) return undefined;
  const { status = [], expiresAt } = provider.key;
  if (!status.some(({ at }) => select(keyPart, at))) return undefined;
  const key = await read(keyPart);
  const hasExpiry = expiresAt === undefined || key.expiresAt !== undefined;
  // What the declaration does not read is not in the key that is shown, either.
  const isUnread = key[unread]?.some((field) => Object.hasOwn(provider.key, field));
  const isRead = !isUnread && key.id === id && hasExpiry && key.status !== 'unknown';
  return isRead && (key.status === 'disabled') === disabled ? key : undefined;
}

/**
 * The key with the status that its responses have confirmed, if only that was to change. An `ok` says nothing of an enabled
 * key, which may have expired or be blocked by other means, so that one is looked up.
 */
function toggledAs(
  { now }: UpdateContext,
  listedKey: Key,
  calls: readonly ChangeCall[],
  { disabled, ...fields }: KeyChanges,
): Key | undefined {
  if (disabled === undefined || Object.keys(fields).length > 0) return undefined;
  if (disabled) return { ...listedKey, status: 'disabled' };
  if (calls.some(({ operation }) => operation.confirms === undefined)) return undefined;
  const { expiresAt = null } = listedKey;
  const expiresMs = expiresAt === null ? null : Date.parse(expiresAt);
  const status = statusOf({ revoked: false, disabled: false, expiresAt: expiresMs }, now().getTime());
  return { ...listedKey, status };
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

/** Nothing is pending: the call that failed is not repeated by itself. */
function partlyChanged(
  id: string,
  calls: readonly ChangeCall[],
  done: readonly ChangeCall[],
  cause: KeysError,
): KeysError {
  const namesOf = (some: readonly ChangeCall[]) => some.flatMap(({ fields }) => fields.map(fieldName));
  const open = calls.filter((call) => !done.includes(call));
  return new KeysError({
    ...cause.failure,
    exit: 'unfinished',
    code: 'partly_changed',
    message: `${namesOf(done).join(', ')} of the key ${id} changed, but ${namesOf(open).join(', ')} did not: ${cause.message}`,
    hints: [`keys show ${shellWord(id)}`, ...(cause.failure.hints ?? [])],
    cause,
  });
}

function fieldName(field: keyof KeyChanges): string {
  return field === 'disabled' ? 'the status' : field;
}
