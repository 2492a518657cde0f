import { describe, expect, test } from 'vitest';
import { optionVariable, secretVariable } from '../../src/platform/env.ts';
import { FaultServer, json, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';

/* How many requests a command line sends. Looking up the key that it names is one of them. */

describe.each(cases.map((one) => [one.provider.id, one] as const))('%s', (_, one) => {
  const steps = one.before ? 1 : 0;
  const pages = one.end ? 2 : 1;

  test('keys list sends one request a page', async () => {
    const { exit, requests } = await run(one, ['list', '--status', 'all']);
    expect(exit).toBe(0);
    expect(requests).toHaveLength(steps + pages);
  });

  const { disable } = one;
  if (disable)
    test('keys update NAME --disable sends the list and one request', async () => {
      const { exit, record, requests } = await run(one, ['update', nameOf(one, disable.id), '--disable']);
      expect(exit).toBe(0);
      expect(record).toMatchObject({ id: disable.id, status: 'disabled', changed: true });
      expect(requests).toHaveLength(steps + pages + 1);
      expect(requests.at(-1)).toBe(disable.route);
    });
});

/** The name of the key if there is no other, else its id: keys of a case may share a name. */
function nameOf({ keys: [only, ...others] }: Case, id: string): string {
  return others.length === 0 ? (only?.name ?? id) : id;
}

async function run(one: Case, args: string[]) {
  const server = await FaultServer.start();
  for (const exchange of [one.before, one.end, one.list, one.show, one.disable]) {
    if (!exchange) continue;
    const { route, status, answer } = exchange;
    server.always(route, answer === undefined ? text(status, '') : json(status, answer));
  }
  const { id, options = {}, secrets = {} } = one.provider;
  const sandbox = new Sandbox();
  // A case may leave out what is tested elsewhere, such as the exchange of a session token.
  sandbox.ownProvider({ ...one.provider, id: `own-${id}` });
  const env = {
    KEYS_PROVIDER: `own-${id}`,
    KEYS_URL: server.url('/').href,
    KEYS_TOKEN: 'tok-EXAMPLE',
    ...Object.fromEntries(
      Object.keys(options).map((name) => [optionVariable(name), one.options?.[name] ?? '']),
    ),
    ...Object.fromEntries(Object.keys(secrets).map((name) => [secretVariable(name), `${name}-EXAMPLE`])),
  };
  const { exit, stdout, stderr } = await sandbox.keys([...args, '--json'], { env });
  const requests = server.received.map(({ method, path }) => `${method} ${path}`);
  return { exit, record: exit === 0 ? JSON.parse(stdout) : stderr, requests };
}
