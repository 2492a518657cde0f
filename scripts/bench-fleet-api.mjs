// A stand-in for Unreal AI's API with many keys, which takes a while over each call. Usage: node bench-fleet-api.mjs <keys>
// <latency in ms>. It prints its URL; GET /reset tells how many calls it got and brings the first keys back.
import { createServer } from 'node:http';

const [keyCount, latencyMs] = process.argv.slice(2).map(Number);
let [keys, secrets, made, calls] = [new Map(), new Set(), 0, 0];
reset();

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  if (request.url === '/reset') return send(response, 200, reset());
  calls++;
  setTimeout(() => send(response, ...answer(request, body)), latencyMs);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

function answer({ method, url, headers }, body) {
  if (url === '/v1/models') {
    const isValid = secrets.has(headers.authorization.replace('Bearer ', ''));
    return isValid ? [200, { data: [{ id: 'model' }] }] : [401, { error: { code: 'INVALID_API_KEY' } }];
  }
  if (method === 'POST') return [200, add(JSON.parse(body).name)];
  if (url === '/v1/keys') return [200, { keys: [...keys.values()].map(shown) }];
  const key = keys.get(url.slice('/v1/keys/'.length));
  if (!key) return [404, { error: { message: 'no such key' } }];
  if (method !== 'DELETE') return [200, shown(key)];
  keys.delete(key.hash);
  secrets.delete(key.key);
  return [200, { deleted: true }];
}

function shown({ name, hash, created }) {
  return { name, hash, created, usage: { requests: 0, tokens: 0 } };
}

function add(name) {
  const number = made++;
  const secret = `sk-${String(number).padStart(20, 'a1b2c3d4e5f6g7h8i9j0')}EXAMPLE`;
  const key = { name, hash: `hash${number}abcdefgh`, created: 1_790_000_000 + number, key: secret };
  keys.set(key.hash, key);
  secrets.add(secret);
  return key;
}

function reset() {
  const counted = { calls };
  [keys, secrets, made, calls] = [new Map(), new Set(), 0, 0];
  for (let number = 0; number < keyCount; number++) add(`service-${number}`);
  return counted;
}

function send(response, status, content) {
  const body = Buffer.from(JSON.stringify(content));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}
