// A process that stands in for two APIs with 100 keys each: Unreal AI's for `keys`, Resend's for its own program. It prints
// its address.
import { createServer } from 'node:http';

const count = 100;
const index = Array.from({ length: count }, (_, number) => number);
const answers = {
  '/v1/keys': {
    keys: index.map((number) => ({
      hash: `hash-${number}-0123456789abcdef`,
      name: `key-${number}`,
      created: 1_790_000_000 + number,
      usage: { requests: number, tokens: number * 100 },
    })),
  },
  '/api-keys': {
    object: 'list',
    has_more: false,
    data: index.map((number) => ({
      id: `id-${number}-0123456789abcdef`,
      name: `key-${number}`,
      created_at: '2026-09-21T12:00:00.000Z',
      last_used_at: null,
    })),
  },
};
const bodies = new Map(Object.entries(answers).map(([path, answer]) => [path, JSON.stringify(answer)]));

const server = createServer((request, response) => {
  const body = bodies.get(request.url.split('?')[0]);
  response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(body ?? '{}');
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
