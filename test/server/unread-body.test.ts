import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { openUpstream } from '../../src/gateway/upstream.ts';
import { spec } from '../support/authority.ts';
import { serving, testService } from '../support/authority-service.ts';
import { ScriptedUpstream, upstreamKey } from '../support/scripted-upstream.ts';
import { socketDrain } from '../support/socket-drain.ts';

/* A call that its headers decide is answered before its body is read. */

const megabyte = 1024 * 1024;

async function started() {
  const made = await testService();
  const scripted = await ScriptedUpstream.start();
  const upstream = openUpstream({
    url: scripted.url,
    key: async () => new Secret(upstreamKey),
    env: {},
    timeouts: { connectMs: 5000, idleMs: 20_000, totalMs: 60_000 },
  });
  const server = await serving(made, { upstream });
  const ada = await made.keysOf('ada');
  const { id, secret } = await ada.issue(
    spec({ name: 'ci', rateLimitRpm: null, budgetUsd: null, models: [], permissions: ['read'] }),
  );
  return { ...server, ...made, scripted, ada, id, key: secret.reveal() };
}

/** Sends a head that announces a body, without the body. Returns the answer once the connection ends. */
async function announce(url: string, headers: Record<string, string>, path = '/v1/chat/completions') {
  const socket = open(url);
  const head: Record<string, string> = {
    host: 'localhost',
    'content-length': String(32 * megabyte),
    ...headers,
  };
  socket.write(
    `POST ${path} HTTP/1.1\r\n${Object.entries(head)
      .filter(([, value]) => value !== '')
      .map((line) => `${line.join(': ')}\r\n`)
      .join('')}\r\n`,
  );
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  await once(socket, 'end');
  return answer;
}

function open(url: string): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

test('a key that is missing, unknown, revoked, over its limit or without budget', async () => {
  const { url, ada, service, scripted } = await started();
  const make = (limits: object) =>
    ada.issue(spec({ rateLimitRpm: null, budgetUsd: null, models: [], permissions: ['read'], ...limits }));
  const revoked = await make({ name: 'revoked' });
  await ada.revoke(revoked.id);
  const slow = await make({ name: 'slow', rateLimitRpm: 1 });
  const spent = await make({ name: 'spent', budgetUsd: 1 });
  await service.gate.record([
    { keyId: spent.id, method: 'POST', path: '/', statusCode: 200, requests: 1, tokens: 0, costUsd: 2 },
  ]);
  await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${slow.secret.reveal()}` } });

  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
  const cases: [Record<string, string>, number, string][] = [
    [{}, 401, 'MISSING_API_KEY'],
    [bearer('sk-nobody-EXAMPLE'), 401, 'INVALID_API_KEY'],
    [bearer(revoked.secret.reveal()), 401, 'INVALID_API_KEY'],
    [bearer(slow.secret.reveal()), 429, 'RATE_LIMITED'],
    [bearer(spent.secret.reveal()), 402, 'BUDGET_EXCEEDED'],
  ];
  const bodies = [{}, { 'transfer-encoding': 'chunked', 'content-length': '' }];
  const answers = await Promise.all(
    cases.flatMap(
      async ([headers, status, code]) =>
        await Promise.all(
          bodies.map(async (body) => {
            const answer = await announce(url, { ...headers, ...body });
            expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
            expect(answer).toContain(`"${code}"`);
            expect(answer.toLowerCase()).toContain('connection: close');
          }),
        ),
    ),
  );
  // Each connection stays open for a second after its answer.
  await Promise.all(answers);
  // The one call of the limited key that was admitted.
  expect(scripted.received.map(({ path }) => path)).toEqual(['/v1/models']);
});

test('a refused caller that waits for 100 Continue never gets it', async () => {
  const { url, key, scripted } = await started();
  const refused = await announce(url, { expect: '100-continue' });
  expect(refused).toMatch(/^HTTP\/1\.1 401 /);
  const calling = request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', expect: '100-continue' },
  });
  calling.flushHeaders();
  await once(calling, 'continue');
  const replied = once(calling, 'response');
  calling.end('{"model":"gpt-4"}');
  const [reply] = (await replied) as [IncomingMessage];
  expect(reply.resume().statusCode).toBe(200);
  expect(scripted.received).toHaveLength(1);
});

test('other routes still send 100 Continue', async () => {
  const { url, token } = await started();
  const calling = request(`${url}/admin/keys`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await token('eve')}`,
      'content-type': 'application/json',
      expect: '100-continue',
    },
  });
  calling.flushHeaders();
  await once(calling, 'continue');
  const replied = once(calling, 'response');
  calling.end('{"name":"ci"}');
  const [reply] = (await replied) as [IncomingMessage];
  expect(reply.resume().statusCode).toBe(201);
});

test('a caller that sends anyway gets its response, and little of the body is read', async () => {
  const { url } = await started();
  for (const type of ['application/x-www-form-urlencoded', 'application/json', 'text/plain']) {
    const socket = open(url);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${32 * megabyte}\r\n\r\n`,
    );
    const piece = Buffer.alloc(64 * 1024, 'a&');
    let isOver = false;
    socket.once('close', () => {
      isOver = true;
    });
    for (let sent = 0; sent < 32 * megabyte && !isOver; sent += piece.length) {
      if (!socket.write(piece)) await socketDrain(socket);
    }
    if (!isOver) await new Promise((done) => socket.once('close', done));
    expect(answer).toContain('MISSING_API_KEY');
    // The kernel buffers at both ends, in addition to what the server reads.
    expect(socket.bytesWritten - socket.writableLength).toBeLessThan(20 * megabyte);
  }
});

test('a small body does not end the connection', async () => {
  const { url } = await started();
  const socket = open(url);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  const call = 'POST /v1/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n';
  socket.write(call);
  await expect.poll(() => answer).toContain('MISSING_API_KEY');
  socket.write(`0123456789${call}`);
  await expect.poll(() => answer.split('MISSING_API_KEY').length).toBe(3);
});

test('a key that is revoked while its body arrives forwards nothing', async () => {
  const { url, key, id, ada, scripted } = await started();
  const calling = request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': 17 },
  });
  calling.write('{"model":');
  await new Promise((done) => setTimeout(done, 100));
  await ada.revoke(id);
  const replied = once(calling, 'response');
  calling.end('"gpt-4"}');
  const [reply] = (await replied) as [IncomingMessage];
  expect(reply.resume().statusCode).toBe(401);
  expect(scripted.received).toEqual([]);
});

test('GET takes no body', async () => {
  const { url, key } = await started();
  const socket = open(url);
  const [answer] = await Promise.all([
    once(socket, 'data'),
    socket.write(
      `GET /v1/files HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${key}\r\ncontent-length: 3\r\n\r\nabc`,
    ),
  ]);
  expect(String(answer)).toContain('INVALID_REQUEST');
});

test.each(['/admin/keys', '/unreal/v1/keys', '/privatemind/v1/api-keys', '/admin/nowhere'])(
  'managing keys at %s without a session',
  async (path) => {
    const { url } = await started();
    expect(await announce(url, { 'content-type': 'application/json' }, path)).toMatch(/^HTTP\/1\.1 401 /);
    const lapsed = { authorization: 'Bearer ses_nobody', 'content-type': 'application/json' };
    expect(await announce(url, lapsed, path)).toMatch(/^HTTP\/1\.1 401 /);
  },
);
