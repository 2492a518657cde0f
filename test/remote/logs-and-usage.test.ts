import { expect, test } from 'vitest';
import type { LogEntry, LogQuery, UsageQuery, UsageRow } from '../../src/keys/ports.ts';
import { authority } from '../../src/providers/built-in/authority.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { capabilitiesOf } from '../../src/remote/capabilities.ts';
import { collect } from '../support/collect.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/* Logs and usage of an API that filters and sums them itself. */

const row = {
  timestamp: '2026-11-20T11:59:59.999Z',
  method: 'POST',
  path: '/v1/chat',
  status_code: 429,
  key_id: 'k1',
  ip: '203.0.113.9',
  model: 'gpt-4o',
  requests: 0,
  tokens: 7,
  cost_usd: 0.25,
};

async function logsOf(query: LogQuery, rows: readonly object[]): Promise<{ asked: string; got: LogEntry[] }> {
  const server = await FaultServer.start();
  server.on('GET /logs', json(200, { data: rows, next_cursor: null }));
  const got = await collect(remoteOf(authority, server).backend.logs(query));
  return { asked: decodeURIComponent(server.received[0]?.path ?? ''), got };
}

async function usageOf(query: UsageQuery, data: unknown): Promise<{ asked: string; rows: UsageRow[] }> {
  const server = await FaultServer.start();
  server.on('GET /usage', json(200, { data }));
  const rows = await remoteOf(authority, server).backend.usage(query);
  return { asked: decodeURIComponent(server.received[0]?.path ?? ''), rows };
}

test('a log request has every filter, to the millisecond', async () => {
  const { asked } = await logsOf(
    {
      keyId: 'k1',
      since: new Date('2026-11-20T11:00:00.001Z'),
      until: new Date('2026-11-20T11:59:59.999Z'),
      status: '4xx',
      method: 'POST',
      pathPrefix: '/v1/c&d',
    },
    [],
  );
  expect(asked).toBe(
    '/logs?key_id=k1&since=2026-11-20T11:00:00.001Z&until=2026-11-20T11:59:59.999Z' +
      '&status=4xx&method=POST&path_prefix=/v1/c&d&limit=100',
  );
});

test('a log request omits unset filters, and every field of an entry is read', async () => {
  const { asked, got } = await logsOf({}, [row]);
  expect(asked).toBe('/logs?limit=100');
  const { status_code: statusCode, key_id: keyId, cost_usd: costUsd, ...rest } = row;
  expect(got).toEqual([{ ...rest, statusCode, keyId, costUsd }]);
});

test('a null field of an entry counts as missing', async () => {
  const { got } = await logsOf({}, [
    { ...row, key_id: null, ip: null, model: null, requests: null, tokens: null, cost_usd: null },
  ]);
  expect(Object.keys(got[0] ?? {})).toEqual(['timestamp', 'method', 'path', 'statusCode']);
});

test('entries that do not match the filters are omitted, even if the server returns them', async () => {
  const { got } = await logsOf({ status: '429' }, [row, { ...row, status_code: 200 }]);
  expect(got.map(({ statusCode }) => statusCode)).toEqual([429]);
});

test('the request for each page of a log has every filter', async () => {
  const server = await FaultServer.start();
  server.on('GET /logs?key_id=k1&limit=100', json(200, { data: [row], next_cursor: 'c2' }));
  server.on('GET /logs?key_id=k1&limit=100&cursor=c2', json(200, { data: [{ ...row, tokens: 8 }] }));
  const entries = await collect(remoteOf(authority, server).backend.logs({ keyId: 'k1' }));
  expect(entries.map(({ tokens }) => tokens)).toEqual([7, 8]);
});

const sum = { key_id: 'k1', name: 'ci', requests: 3, tokens: 70, spent_usd: 0.5 };

test('usage by key is requested and read', async () => {
  const since = new Date('2026-11-01T10:00:00Z');
  const { asked, rows } = await usageOf({ by: 'key', since, keyId: 'k1' }, [sum]);
  expect(asked).toBe('/usage?by=key&since=2026-11-01&key_id=k1');
  expect(rows).toEqual([{ keyId: 'k1', name: 'ci', requests: 3, tokens: 70, spentUsd: 0.5 }]);
});

test('usage by day has dates', async () => {
  const { asked, rows } = await usageOf({ by: 'day' }, [
    { date: '2026-11-19', requests: 3, tokens: null, spent_usd: null },
    { date: '2026-11-20T00:00:00Z', requests: 1, tokens: 2, spent_usd: 0 },
  ]);
  expect(asked).toBe('/usage?by=day');
  expect(rows).toEqual([
    { date: '2026-11-19', requests: 3 },
    { date: '2026-11-20', requests: 1, tokens: 2, spentUsd: 0 },
  ]);
});

test('usage grouped otherwise than requested is a failure', async () => {
  const failure = await failureIn(usageOf({ by: 'day' }, [sum]));
  expect(failure.code).toBe('unexpected_answer');
  expect(failure.message).toMatchInlineSnapshot(
    `"the field data[0] is not a total by day with a date; this is not the API that the provider declares, or it has changed"`,
  );
});

test('the capabilities follow from the declaration', () => {
  expect(capabilitiesOf(authority)).toMatchObject({ usage: true, usageByDay: true, logsByKey: true });
  expect(capabilitiesOf(unreal)).toMatchObject({ usage: true, usageByDay: false, logs: false });
  const { keyId: _, ...entry } = authority.logs?.entry ?? {
    timestamp: '',
    method: '',
    path: '',
    statusCode: '',
  };
  const logs = { get: '/logs', items: 'data', entry };
  const byQuery = { ...authority, logs: { ...logs, query: { key: '{keyId}' } } };
  expect(capabilitiesOf(byQuery).logsByKey).toBe(true);
  expect(capabilitiesOf({ ...authority, logs }).logsByKey).toBe(false);
});

test('an entry without a status has none, and the status is no filter', async () => {
  const { statusCode: _, ...entry } = authority.logs?.entry ?? { timestamp: '', method: '', path: '' };
  const logs = { get: '/logs', items: 'data', entry: { ...entry, method: { always: 'POST' } } };
  const provider = { ...authority, logs };
  expect(capabilitiesOf(provider).logsWithout).toEqual(['status', 'method']);
  expect(capabilitiesOf({ ...provider, logs: { ...logs, query: { s: '{status}' } } }).logsWithout).toEqual([
    'method',
  ]);
  expect(capabilitiesOf(authority).logsWithout).toBeUndefined();
});

test('a log without pages is shown newest first, and must be whole', async () => {
  const server = await FaultServer.start();
  const older = { ...row, timestamp: '2026-11-19T00:00:00Z' };
  const { paging: _, ...logs } = authority.logs ?? {
    items: '',
    entry: { timestamp: '', method: '', path: '' },
  };
  const { backend } = remoteOf({ ...authority, logs }, server);
  server.on('GET /logs', json(200, { data: [older, row] }));
  const entries = await collect(backend.logs({}));
  expect(entries.map(({ timestamp }) => timestamp)).toEqual([row.timestamp, '2026-11-19T00:00:00.000Z']);
  server.on('GET /logs', json(200, { data: [row], has_more: true }));
  expect(await failureIn(collect(backend.logs({})))).toMatchObject({ code: 'list_incomplete' });
});

test('an entry of no key is not of the requested key, unless the API selected it', async () => {
  const { got } = await logsOf({ keyId: 'k1' }, [row, { ...row, key_id: null }]);
  expect(got).toHaveLength(2);
  const server = await FaultServer.start();
  const { query: _, ...logs } = authority.logs ?? {
    items: '',
    entry: { timestamp: '', method: '', path: '' },
  };
  server.on('GET /logs?limit=100', json(200, { data: [row, { ...row, key_id: null }], next_cursor: null }));
  const { backend } = remoteOf({ ...authority, logs }, server);
  expect(await collect(backend.logs({ keyId: 'k1' }))).toHaveLength(1);
});
