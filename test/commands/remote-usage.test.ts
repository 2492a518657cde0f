import { expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { Transcript } from '../support/transcript.ts';

/* `keys usage` and `keys logs` with APIs that report use in their own way. */

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
    total 2,400 requests · 140 tokens · $0.20 · 1 key

    NAME           ID        REQUESTS  TOKENS  SPENT  SHARE OF REQUESTS
    ci             hash0001     1,200      70  $0.10   50% ########################################
    no listed key               1,200      70  $0.10   50% ########################################
    --- stderr
    warning: the totals of openrouter cover completed days (UTC) only
    openrouter reports usage from 2026-10-21 (UTC) on
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
    warning: the totals of openrouter cover completed days (UTC) only
    openrouter reports usage from 2026-10-21 (UTC) on
    "
  `);
});

test('a start that the API no longer reports is refused before any call', async () => {
  const { shows, env } = await openrouterBox();
  expect(await shows.keys(['usage', '--since', '31d'], { env, now })).toMatchInlineSnapshot(`
    "$ keys usage --since 31d
    exit 2
    --- stderr
    error: --since: the provider openrouter reports usage from 2026-10-21 (UTC) on, and no earlier
    hint: keys usage --since 2026-10-21
    "
  `);
});

test('without --since, a note says from when totals are, and JSON repeats it', async () => {
  const server = await FaultServer.start();
  const env = { KEYS_PROVIDER: 'anthropic', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  const shows = new Transcript(new Sandbox(), []);
  const use = { uncached_input_tokens: 1, cache_read_input_tokens: 1, output_tokens: 1 };
  const cached = { cache_creation: { ephemeral_1h_input_tokens: 1, ephemeral_5m_input_tokens: 1 } };
  const results = ['apikey_1', 'apikey_gone'].map((id) => ({ api_key_id: id, ...use, ...cached }));
  const data = [{ starting_at: '2026-11-19T00:00:00Z', ending_at: '2026-11-20T00:00:00Z', results }];
  server.on(
    'GET /v1/organizations/usage_report/messages?starting_at=2026-10-22T00%3A00%3A00.000Z&bucket_width=1d&group_by%5B%5D=api_key_id',
    json(200, { data, has_more: false, next_page: null }),
  );
  server.on(
    'GET /v1/organizations/api_keys?limit=100',
    json(200, { data: [{ id: 'apikey_1', name: 'ci', status: 'active' }], has_more: false }),
  );
  expect(await shows.keys(['usage', '--json'], { env, now })).toMatchInlineSnapshot(`
    "$ keys usage --json
    exit 0
    --- stdout
    [
      {
        "keyId": "apikey_1",
        "name": "ci",
        "tokens": 5,
        "since": "2026-10-22"
      },
      {
        "keyId": "apikey_gone",
        "tokens": 5,
        "since": "2026-10-22"
      }
    ]
    --- stderr
    warning: the totals of anthropic cover messages only
    usage from 2026-10-22 (UTC); --since sets another start
    "
  `);
});

test('a filter that the log cannot answer is refused before any call', async () => {
  const server = await FaultServer.start();
  const env = { KEYS_PROVIDER: 'litellm', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  const shows = new Transcript(new Sandbox(), []);
  const args = ['logs', '--status', '4xx', '--method', 'GET'];
  expect(await shows.keys(args, { env, now })).toMatchInlineSnapshot(`
    "$ keys logs --status 4xx --method GET
    exit 2
    --- stderr
    error: the provider litellm does not support --status: its log does not report the status of requests
    error: the provider litellm does not support --method: its log does not report the method of requests
    hint: keys provider show litellm
    "
  `);
});
