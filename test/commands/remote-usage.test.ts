import { expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { Transcript } from '../support/transcript.ts';

/* `keys usage` with an API that reports usage in its own way. */

const now = new Date('2026-11-20T12:00:00Z');
const key = { hash: 'hash0001', name: 'ci', label: 'sk-or-v1-abc...123', disabled: false };
const activity = {
  date: '2026-11-19',
  requests: 1200,
  usage: 0.1,
  prompt_tokens: 50,
  completion_tokens: 20,
};

async function openrouterBox(): Promise<{ server: FaultServer; shows: Transcript; env: NodeJS.ProcessEnv }> {
  const server = await FaultServer.start();
  const env = { KEYS_PROVIDER: 'openrouter', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return { server, shows: new Transcript(new Sandbox(), []), env };
}

test('usage by key asks for each key, and shows what no listed key used', async () => {
  const { server, shows, env } = await openrouterBox();
  server.on('GET /keys?include_disabled=true', json(200, { data: [key] }));
  server.on('GET /activity?api_key_hash=hash0001', json(200, { data: [activity] }));
  server.on('GET /activity', json(200, { data: [activity, { ...activity, date: '2026-11-18' }] }));
  const options = { env: { ...env, NO_COLOR: '1' }, now, terminal: 100 };
  expect(await shows.keys(['usage'], options)).toMatchInlineSnapshot(`
    "$ keys usage
    exit 0
    --- stdout
    NAME           ID        REQUESTS  TOKENS  SPENT
    ci             hash0001     1,200      70  $0.10
    no listed key               1,200      70  $0.10
    --- stderr
    openrouter reports usage of the last 30 days only (UTC)
    "
  `);
});

test('usage by day takes one request', async () => {
  const { server, shows, env } = await openrouterBox();
  server.on('GET /activity', json(200, { data: [activity, { ...activity, date: '2026-11-18' }] }));
  expect(await shows.keys(['usage', '--by', 'day', '--format', 'csv'], { env, now })).toMatchInlineSnapshot(`
    "$ keys usage --by day --format csv
    exit 0
    --- stdout
    date,requests,tokens,spentUsd
    2026-11-18,1200,70,0.1
    2026-11-19,1200,70,0.1
    --- stderr
    openrouter reports usage of the last 30 days only (UTC)
    "
  `);
});

test('a start that the API no longer reports is refused before any call', async () => {
  const { shows, env } = await openrouterBox();
  expect(await shows.keys(['usage', '--since', '30d'], { env, now })).toMatchInlineSnapshot(`
    "$ keys usage --since 30d
    exit 2
    --- stderr
    error: --since: the provider openrouter reports usage of the last 30 days only, from 2026-10-22 (UTC)
    hint: keys usage --since 2026-10-22
    "
  `);
});
