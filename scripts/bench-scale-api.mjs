// A stand-in for `keys serve` with many keys and log entries: it answers from memory, so that a run measures its reader.
// Usage: node bench-scale-api.mjs <keys> <log entries>. Tells its URL; GET /calls tells how many calls it got since.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const [keyCount, entryCount] = process.argv.slice(2).map(Number);
const pageSize = 100;
const dayMs = 86_400_000;
const startedAt = Date.now();

const pages = Array.from({ length: keyCount / pageSize }, (_, at) =>
  page(at, keyCount, (number) => keyOf(keyCount - 1 - number)),
);
const places = new Map(Array.from({ length: keyCount }, (_, number) => [idOf(number), number]));
let calls = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const [status, body] = url.pathname === '/calls' ? [200, Buffer.from(String(calls))] : answer(url);
  calls = url.pathname === '/calls' ? 0 : calls + 1;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

function answer({ pathname, searchParams }) {
  const at = Number(searchParams.get('cursor') ?? 0);
  if (pathname === '/keys') return [200, pages[at]];
  if (pathname === '/logs') return [200, page(at, entryCount, entryOf)];
  const number = places.get(pathname.slice('/keys/'.length));
  if (number === undefined) return [404, json({ error: { code: 'KEY_NOT_FOUND', message: 'no such key' } })];
  return [200, json(keyOf(number))];
}

function page(at, count, itemOf) {
  const [first, end] = [at * pageSize, Math.min(count, (at + 1) * pageSize)];
  const data = Array.from({ length: Math.max(0, end - first) }, (_, index) => itemOf(first + index));
  return json({ data, next_cursor: end < count ? String(at + 1) : null });
}

function keyOf(number) {
  const id = idOf(number);
  return {
    id,
    name: `service-${number}`,
    description: `the key of service ${number}`,
    status: 'active',
    prefix: `sk_${id}`,
    created_at: new Date(startedAt - (keyCount - number) * 300_000).toISOString(),
    expires_at: number % 3 ? null : new Date(startedAt + (1 + (number % 300)) * dayMs).toISOString(),
    last_used_at: null,
    last_used_ip: null,
    permissions: ['read'],
    rate_limit_rpm: null,
    budget_usd: null,
    spent_usd: 0,
    models: [],
    labels: { team: 'search' },
    usage: { requests: 0, tokens: 0 },
  };
}

function entryOf(number) {
  return {
    timestamp: new Date(startedAt - number * 1000).toISOString(),
    method: 'POST',
    path: '/v1/chat',
    status_code: 200,
    key_id: idOf(number % keyCount),
    ip: '192.0.2.1',
    model: 'model',
    requests: 1,
    tokens: 12,
    cost_usd: 0.001,
  };
}

function idOf(number) {
  return createHash('sha1').update(String(number)).digest('hex').slice(0, 16);
}

function json(value) {
  return Buffer.from(JSON.stringify(value));
}
