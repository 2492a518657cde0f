import type { OwnedKey } from '../../authority/scoped-keys.ts';
import { drunKey, privatemindKey, privatemindStatus, unrealKey } from '../compat/key-shapes.ts';
import type { Asked } from './asked.ts';

/* What the APIs of vendors list, most of them without pages. */

export async function unrealKeys({ keys }: Asked, _input: undefined): Promise<object> {
  return { keys: await collected(keys.each({ revoked: false }), unrealKey) };
}

export async function drunKeys({ keys }: Asked, _input: undefined): Promise<object> {
  return { items: await collected(keys.each({ revoked: false }), drunKey) };
}

async function collected<T>(keys: AsyncIterable<OwnedKey>, shape: (key: OwnedKey) => T): Promise<T[]> {
  const all: T[] = [];
  for await (const one of keys) all.push(shape(one));
  return all;
}

interface PrivatemindQuery {
  page: number;
  limit: number;
  search: string;
  status: ReturnType<typeof privatemindStatus> | undefined;
}

export async function privatemindKeys(
  { keys }: Asked,
  { page, limit, search, status }: PrivatemindQuery,
): Promise<object> {
  const api_keys: object[] = [];
  let total = 0;
  for await (const one of keys.each(search === '' ? {} : { search })) {
    if (status !== undefined && privatemindStatus(one.key.status) !== status) continue;
    total += 1;
    if (total > (page - 1) * limit && total <= page * limit) api_keys.push(privatemindKey(one));
  }
  return { api_keys, summary: await summaryOf(keys.each()), total, page, limit };
}

async function summaryOf(keys: AsyncIterable<OwnedKey>): Promise<object> {
  const summary = { active: 0, expired: 0, revoked: 0, requests: 0, tokens: 0, spend_usd: 0 };
  for await (const { key } of keys) {
    summary[privatemindStatus(key.status)] += 1;
    summary.requests += key.usage?.requests ?? 0;
    summary.tokens += key.usage?.tokens ?? 0;
    summary.spend_usd += key.spentUsd ?? 0;
  }
  // Sums of millionths, which binary fractions cannot represent exactly.
  return { ...summary, spend_usd: Math.round(summary.spend_usd * 1e6) / 1e6 };
}

export async function riskinmindLogs(
  { keys }: Asked,
  { page, limit }: { page: number; limit: number },
): Promise<object> {
  const total = await keys.logCount({}, { single: true });
  const data: object[] = [];
  let place = 0;
  for await (const { entry } of keys.logs({}, { single: true })) {
    place += 1;
    if (place > page * limit) break;
    if (place <= (page - 1) * limit) continue;
    const { path: endpoint, method, statusCode, timestamp } = entry;
    data.push({ endpoint, method, statusCode, timestamp });
  }
  return { success: true, data, meta: { total, page, limit } };
}
