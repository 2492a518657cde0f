import { describe, expect, test } from 'vitest';
import { collect } from '../support/collect.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { cases } from './cases.ts';
import type { Exchange } from './exchange.ts';
import { remoteOf } from './remote-of.ts';

/* What APIs document about the use of keys, against a server that answers so. */

const reporting = cases.filter(({ usage, logs }) => usage ?? logs);

test('every provider that declares usage or logs has them in its case', () => {
  const untested = new Set(['authority', 'riskinmind']);
  for (const { provider, usage, logs } of cases) {
    if (untested.has(provider.id)) continue;
    if (provider.usage) expect([provider.id, usage]).toEqual([provider.id, expect.anything()]);
    if (provider.logs) expect([provider.id, logs]).toEqual([provider.id, expect.anything()]);
  }
});

describe.each(reporting.map((one) => [one.provider.id, one] as const))('%s', (_, one) => {
  test('totals usage by exactly the documented requests', async () => {
    for (const { query, exchanges, rows } of one.usage ?? []) {
      const server = await scripted(exchanges);
      const { backend, warnings } = remoteOf(one.provider, server, one.options);
      expect(await backend.usage(query)).toEqual(rows);
      expect(warnings).toEqual([]);
      expect(routesOf(server)).toEqual(exchanges.map(({ route }) => route));
    }
  });

  test('reads the log by exactly the documented requests', async () => {
    for (const { query, exchanges, entries } of one.logs ?? []) {
      const server = await scripted(exchanges);
      const { backend } = remoteOf(one.provider, server, one.options);
      expect(await collect(backend.logs(query))).toEqual(entries);
      expect(routesOf(server)).toEqual(exchanges.map(({ route }) => route));
    }
  });
});

/** Queries are compared as they read: brackets and colons may be escaped. */
function routesOf({ received }: FaultServer): string[] {
  return received.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`);
}

async function scripted(exchanges: readonly Exchange[]): Promise<FaultServer> {
  const server = await FaultServer.start();
  for (const { route, status, answer } of exchanges) server.on(encoded(route), json(status, answer));
  return server;
}

function encoded(route: string): string {
  const [method, path = ''] = route.split(' ');
  const url = new URL(path, 'http://localhost');
  return `${method} ${url.pathname}${url.search && `?${new URLSearchParams(url.search)}`}`;
}
