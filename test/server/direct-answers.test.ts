import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { randomOf } from '../../scripts/random.mjs';
import type { ServerOptions } from '../../src/server/server.ts';
import { use } from '../support/authority.ts';
import { serving, testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';
import { fuzzedRequest } from '../support/fuzzed-request.ts';

/* `/v1/authorize` is answered before the framework where a request is a usual one. A client cannot tell: every request gets the
same bytes, log rows and log lines from a server that leaves all of them to the framework. */

const noLimits = {
  description: null,
  expiresAt: null,
  permissions: ['read'],
  rateLimitRpm: null,
  budgetUsd: null,
  models: [],
  labels: {},
};

/** Fields of the keys that requests name in braces. */
const keyFields = {
  free: {},
  limited: { rateLimitRpm: 3 },
  named: { name: 'déjà vu % "k"\u2028', models: ['gpt-4o'], permissions: ['read', 'write'] },
  spent: { budgetUsd: 1 },
  expired: { expiresAt: new Date('2026-11-20T12:00:01.000Z') },
  disabled: {},
  revoked: {},
};

type KeyName = keyof typeof keyFields;

async function started(options: Partial<ServerOptions>) {
  const made = await testService({ models: ['gpt-4o', 'small'] });
  const lines: string[] = [];
  const log = { format: 'json', write: (line: string) => void lines.push(line) } as const;
  const server = await serving(made, { log, ...options });
  const ada = await made.keysOf('ada');
  const placeholders = new Map<string, string>();
  const ids = new Map<string, string>();
  for (const [name, fields] of Object.entries(keyFields)) {
    const { id, secret } = await ada.issue({ name, ...noLimits, ...fields });
    placeholders.set(`{${name}}`, secret.reveal());
    placeholders.set(`{${name} id}`, id);
    ids.set(name, id);
  }
  const idOf = (name: KeyName) => ids.get(name) ?? '';
  await made.service.gate.record([use({ keyId: idOf('spent'), costUsd: 2 })]);
  await ada.update(idOf('disabled'), { disabled: true });
  await ada.revoke(idOf('revoked'));
  made.clock.advance(5000);
  return { ...made, ...server, ada, lines, placeholders };
}

type Started = Awaited<ReturnType<typeof started>>;

/** What a server sends to these bytes, until it ends the connection or is silent. */
function exchange({ url, placeholders }: Started, text: string): Promise<string> {
  let request = text;
  for (const [placeholder, value] of placeholders) request = request.replaceAll(placeholder, value);
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  let answer = '';
  return new Promise((resolve) => {
    const end = () => {
      socket.destroy();
      resolve(comparable(answer, placeholders));
    };
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    // A server that waits for more, as for the rest of a body, says nothing for longer.
    socket.setTimeout(300, end);
    socket.on('close', end).on('error', () => {});
    socket.write(request, 'latin1');
  });
}

/** Without what differs between two servers and two moments. */
function comparable(text: string, placeholders: ReadonlyMap<string, string>): string {
  let result = text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{request id}')
    .replaceAll(/^Date: .*$/gm, 'Date: {date}')
    .replaceAll(/"time":"[^"]*"/g, '"time":"{time}"')
    .replaceAll(/"durationMs":[\d.]+/g, '"durationMs":{duration}');
  for (const [placeholder, value] of placeholders) result = result.replaceAll(value, placeholder);
  return result;
}

/** Sends requests to both servers, one after the other, and expects no difference in what they say, log and count. */
async function expectSame(
  requests: readonly string[],
  options: Partial<ServerOptions> = {},
): Promise<string[]> {
  const direct = await started(options);
  const framework = await started({ ...options, direct: false });
  const answers: string[] = [];
  for (const request of requests) {
    const [answer, expected] = await Promise.all([exchange(direct, request), exchange(framework, request)]);
    expect(answer, request).toBe(expected);
    answers.push(answer);
  }
  expect(await traces(direct)).toEqual(await traces(framework));
  return answers;
}

/** The log rows, the counters and the access log of a server. */
async function traces({ url, ada, lines, placeholders, token }: Started) {
  // Asking writes the enqueued uses first.
  const response = await fetch(`${url}/admin/logs`, {
    headers: { authorization: `Bearer ${await token('ada')}` },
  });
  await response.text();
  const rows = (await collect(ada.logs({}))).map(({ entry }) => JSON.stringify(entry));
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return {
    rows: rows.map((row) => comparable(row, placeholders)).sort(),
    counters: metrics
      .split('\n')
      .filter((line) => /^keys_(?:http_requests|decisions)_total/.test(line))
      .sort(),
    lines: lines
      .filter((line) => line.includes('authorize'))
      .map((line) => comparable(line, placeholders))
      .sort(),
  };
}

/** A request of these header lines. */
function get(...lines: string[]): string {
  return `${['GET /v1/authorize HTTP/1.1', 'Host: localhost', ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`;
}

const bearer = 'Authorization: Bearer {free}';

describe('the same answer, with or without the framework', () => {
  test('to keys that may pass, and to those that may not', async () => {
    const names = Object.keys(keyFields) as KeyName[];
    const [passed, ...answers] = await expectSame([
      ...names.map((name) => get(`Authorization: Bearer {${name}}`)),
      ...Array.from({ length: 4 }, () => get('X-API-Key: {limited}')),
      get(),
      get('Authorization: Bearer sk-nobody-EXAMPLE'),
      get('Authorization: Bearer {free id}:{free}'),
      get('Authorization: Bearer {named id}:{free}'),
      get('Authorization: Basic {free}', 'X-API-Key: {named}'),
      get('Authorization: bearer   {free}  '),
      get('X-API-Key:   {free}'),
      get('X-API-Key:'),
      get('X-API-Key: {free}', 'X-API-Key: {named}'),
      get('Authorization: Bearer {free}', 'Authorization: Bearer {revoked}'),
      get('Authorization: Bearer {revoked}', 'Authorization: Bearer {free}'),
    ]);
    expect(passed).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const statuses = new Set(answers.map((answer) => answer.slice(9, 12)));
    expect([...statuses].sort()).toEqual(['200', '401', '402', '429']);
  });

  test('to what the original request needs', async () => {
    await expectSame([
      get(bearer, 'X-Model: gpt-4o'),
      get(bearer, 'X-Model: gold'),
      get(bearer, 'X-Model: a', 'X-Model: b'),
      get(bearer, 'X-Model:'),
      get(bearer, 'X-Model: \xed\xa0\x80\x9b2J'),
      get('Authorization: Bearer {named}', 'X-Model: small'),
      get(bearer, 'X-Permission: write'),
      get(bearer, `X-Permission: ${'w'.repeat(500)}`),
      get(bearer, 'X-Original-Method: DELETE', 'X-Original-URI: /v1/x?key={free}'),
      get(bearer, 'X-Original-Method:', 'X-Forwarded-Method: PUT', 'X-Forwarded-Uri: /{free}/x'),
      get(bearer, `X-Original-Method: ${'M'.repeat(50)}`, `X-Original-URI: /${'é'.repeat(2000)}`),
    ]);
  });

  test('to odd requests', async () => {
    const usual = get(bearer);
    const kept = usual.replace('Connection: close\r\n', '');
    const withMethod = (method: string) => usual.replace('GET', method);
    const withTarget = (target: string) => usual.replace('/v1/authorize', target);
    await expectSame([
      ...['HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'get', 'BREW'].map(withMethod),
      ...[
        '/v1/authorize/',
        '/v1/authorize?',
        '/v1/authorize?model=gold',
        '/v1//authorize',
        '/V1/authorize',
      ].map(withTarget),
      ...['/v1/%61uthorize', '/v1/authorize#x', '/v1/authorize;x', 'v1/authorize', '*', '/v1/authorize%'].map(
        withTarget,
      ),
      ...['http://localhost/v1/authorize', 'http://evil.example.com/v1/authorize', '//x/v1/authorize'].map(
        withTarget,
      ),
      ...['HTTP/1.0', 'HTTP/2.0', 'http/1.1', ''].map((version) => usual.replace('HTTP/1.1', version)),
      kept.replace('HTTP/1.1', 'HTTP/1.0'),
      // Bodies.
      `${get(bearer, 'Content-Length: 0')}`,
      `${get(bearer, 'Content-Length: 5')}hello`,
      `${get(bearer, 'Content-Length: 5', 'Content-Type: application/json')}{"a":`,
      `${get(bearer, 'Content-Length: 5')}he`,
      `${get(bearer, 'Content-Length: 99999999')}`,
      `${get(bearer, 'Content-Length: 5', 'Content-Length: 6')}hello`,
      `${get(bearer, 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
      `${get(bearer, 'Transfer-Encoding: chunked', 'Content-Length: 5')}5\r\nhello\r\n0\r\n\r\n`,
      `${get('Transfer-Encoding: chunked')}5\r\nhel`,
      `${withMethod('POST').replace('Connection', 'Content-Length: 2\r\nContent-Type: application/json\r\nConnection')}{}`,
      get(bearer, 'Expect: 100-continue'),
      `${get(bearer, 'Expect: 100-continue', 'Content-Length: 5')}hello`,
      get('Expect: 100-continue', 'Content-Length: 5'),
      get(bearer, 'Expect: tea'),
      get(bearer, 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'),
      kept.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'),
      // Headers.
      get(bearer, 'Content-Type: application/json'),
      get(bearer, 'Accept-Version: 2.0.0'),
      get(bearer, 'Accept: text/html', 'Accept-Encoding: gzip', 'Range: bytes=0-1', 'If-None-Match: *'),
      get(bearer, `X-Long: ${'y'.repeat(15_000)}`),
      get(bearer, `X-Long: ${'y'.repeat(20_000)}`),
      get(bearer, ...Array.from({ length: 1500 }, (_, index) => `X-${index}: y`)),
      get(bearer, 'no colon'),
      get(bearer, ': empty'),
      get(bearer, 'X:\x0by'),
      get(bearer, ' folded'),
      get(bearer, 'X-Request-Id: 1', 'Request-Id: 2'),
      get(bearer, 'X-HTTP-Method-Override: DELETE'),
      usual.replaceAll('\r\n', '\n'),
      `\r\n${usual}`,
      usual.slice(0, -2),
      // Several on one connection.
      kept + usual,
      kept + kept.replace('{free}', '{limited}') + withTarget('/v1/models'),
      kept + kept.replace('GET', 'HEAD') + kept.replace('{free}', 'x') + usual,
      kept + withTarget('/healthz') + usual,
    ]);
  }, 120_000);

  test('to other hosts and web pages', async () => {
    const requests = [
      ...[
        'evil.example.com',
        'LOCALHOST:99',
        '127.0.0.1',
        '[::1]:8',
        'localhost.',
        '',
        'api.example.com',
      ].map((host) => get(bearer).replace('localhost', host)),
      get(bearer).replace('Host: localhost\r\n', ''),
      get(bearer).replace('Host: localhost\r\n', 'Host: localhost\r\nHost: evil.example.com\r\n'),
      get(bearer).replace('Host: localhost\r\n', 'Host: evil.example.com\r\nHost: localhost\r\n'),
      get(bearer, 'Origin: http://localhost'),
      get(bearer, 'Origin:'),
      get(bearer, 'Origin: null'),
    ];
    const answers = await expectSame(requests, { allowedHosts: ['api.example.com'] });
    expect(answers.filter((answer) => answer.includes('_NOT_ALLOWED'))).not.toHaveLength(0);
    await expectSame(requests, { allowedHosts: undefined });
  });

  test.each([true, false])('to forwarded addresses, behind a proxy: %s', async (behindProxy) => {
    const forwarded = ['203.0.113.9', '203.0.113.9:1', '[2001:db8::1]:1', '2001:db8::1', 'evil, 203.0.113.9'];
    const odd = ['203.0.113.9,', 'evil', '', '::ffff:203.0.113.9', '203.0.113.9, 10.0.0.1', '\x9b2J'];
    await expectSame(
      [
        ...[...forwarded, ...odd].map((value) => get(bearer, `X-Forwarded-For: ${value}`)),
        get(bearer, 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-For: 10.0.0.1'),
        get(bearer, 'X-Forwarded-Host: evil.example.com', 'X-Forwarded-Proto: https', 'Forwarded: for=x'),
      ],
      { behindProxy },
    );
  });

  test('to random ones', async () => {
    const callers = {
      key: '{free}',
      limited: '{limited}',
      revoked: '{revoked}',
      user: '{spent}',
      admin: '{named}',
    };
    const random = randomOf(20_261_122);
    const requests = Array.from({ length: 150 }, () => {
      const text = fuzzedRequest(random, callers).bytes.toString('latin1');
      const target = random() < 0.8 ? '/v1/authorize' : '/v1/authorize?a=b';
      return text.replace(/^(\S*) \S+/, random() < 0.5 ? `GET ${target}` : `$1 ${target}`);
    });
    await expectSame(requests);
  }, 120_000);
});

test('a database that cannot be used is the same answer, too', async () => {
  const failing = async (direct: { direct?: false }) => {
    const server = await started(direct);
    server.service.gate.authorize = () => {
      throw new Error('a defect');
    };
    return server;
  };
  const bugs: unknown[] = [];
  const answers = [];
  for (const options of [{}, { direct: false } as const]) {
    const server = await failing({ ...options, ...{ onBug: (error: unknown) => bugs.push(error) } });
    answers.push(await exchange(server, get(bearer)));
  }
  expect(answers[0]).toMatch(/^HTTP\/1\.1 500 /);
  expect(answers[0]).toBe(answers[1]);
  expect(bugs).toHaveLength(2);
});
