import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { integrityOf } from '../support/embedded-authority.ts';
import type { Callers, FuzzedRequest } from '../support/fuzzed-request.ts';
import { fuzzedRequest } from '../support/fuzzed-request.ts';
import { randomOf, rounds, seed } from '../support/rounds.ts';
import { Sandbox } from '../support/sandbox.ts';
import { upstreamKey } from '../support/scripted-upstream.ts';
import { startServe } from '../support/serving.ts';

/*
 * `keys serve` under requests of every kind, well-formed and not, with and without credentials, in front of an equally
 * erratic upstream. `KEYS_SOAK_ROUNDS` sets how many; `KEYS_SOAK_SEED` repeats a run.
 */

const requests = 2000 * rounds;
const inParallel = 48;

/** Requests before new keys and sessions are created: some requests revoke those that they use. */
const lifetime = 10_000;

/** How long to wait for the first byte and for more: the server itself waits for the rest of many requests. */
const answerTimeoutMs = { first: 1000, more: 100 };

/** The permitted growth of the process after the first tenth of the requests. */
const maxGrowthMegabytes = 200;

test(
  'no request crashes the server, makes it grow or gets a 500',
  async () => {
    const box = new Sandbox();
    writeFileSync(join(box.cwd, '.env'), `UPSTREAM_KEY=${upstreamKey}\n`, { mode: 0o600 });
    box.expectSecretIn('.env');
    const flags = [
      '--upstream',
      await startUpstream(),
      '--upstream-key',
      'env:.env#UPSTREAM_KEY',
      '--max-keys',
      '50',
    ];
    const server = await startServe(box, flags);
    let callers = await makeCallers(box);
    const random = randomOf('requests');
    const seen: Record<string, number> = {};
    const bad: string[] = [];
    let grownFrom = 0;
    let sent = 0;
    let unanswered = 0;

    const send = async () => {
      while (sent < requests && bad.length === 0) {
        if (sent % lifetime === lifetime - 1) {
          sent += 1;
          callers = await makeCallers(box);
        }
        if (sent++ === Math.floor(requests / 10)) grownFrom = residentMegabytes(server.pid);
        const request = fuzzedRequest(random, callers);
        const answer = await answerTo(server.url, request);
        const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'none';
        if (status === 'none' && request.stopsAt === undefined) unanswered += 1;
        seen[status] = (seen[status] ?? 0) + 1;
        if (isWrong(status, answer))
          bad.push(`${request.bytes.toString('latin1').slice(0, 2000)}\n→ ${answer}`);
      }
    };
    await Promise.all(Array.from({ length: inParallel }, send));

    const grown = residentMegabytes(server.pid) - grownFrom;
    process.stdout.write(
      `fuzz: seed ${seed}, ${sent} requests, answers ${JSON.stringify(seen)}, ${unanswered} unanswered, ${Math.round(grown)} MB more than ${Math.round(grownFrom)} MB\n`,
    );
    expect(bad, `seed ${seed}`).toEqual([]);
    expect(grown).toBeLessThan(maxGrowthMegabytes);
    // The server waits for the rest of incomplete requests. If one of them blocked it, all others would wait as well.
    expect(unanswered / sent).toBeLessThan(0.1);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(server.stderr()).not.toMatch(/expected|TypeError|RangeError/);
    for (const line of server.log()) {
      expect(line).not.toMatch(/[\p{Control}\p{Bidi_Control}\p{Surrogate}]/u);
      expect(JSON.parse(line)).toBeInstanceOf(Object);
    }
    expect(integrityOf(box)).toEqual(['ok']);
    const { exit } = await box.program(['logs', '--limit', '1000', '--json']);
    expect(exit).toBe(0);
  },
  60_000 + requests * 20,
);

/** Only failures of an upstream may be 5xx, and no response contains its key. */
function isWrong(status: string, answer: string): boolean {
  const hasCode = /"code":"(?:UPSTREAM_[A-Z_]+|SERVER_BUSY|AUTHORITY_BUSY)"/.test(answer);
  // The answer to HEAD ends with its headers.
  const isExcused = /^50[234]$/.test(status) && (hasCode || answer.endsWith('\r\n\r\n'));
  return (/^5/.test(status) && !isExcused) || answer.includes(upstreamKey);
}

/** Sends the request as it says; returns the response up to the end of the connection. */
function answerTo(url: string, { bytes, stopsAt, pieces }: FuzzedRequest): Promise<string> {
  return new Promise((done) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    let timer = setTimeout(() => socket.destroy(), answerTimeoutMs.first);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      // The server may keep the connection open, so wait only a little for more.
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), answerTimeoutMs.more);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      done(answer);
    });
    if (stopsAt !== undefined)
      socket.write(bytes.subarray(0, stopsAt), () => setTimeout(() => socket.destroy(), 5));
    else sendPieces(bytes, pieces);

    function sendPieces(rest: Buffer, count: number): void {
      const size = Math.ceil(rest.length / count);
      socket.write(rest.subarray(0, size));
      if (count > 1) setTimeout(() => sendPieces(rest.subarray(size), count - 1), 3);
    }
  });
}

async function makeCallers(box: Sandbox): Promise<Callers> {
  const make = async (...args: string[]) =>
    (await box.program([...args, '--secret-only'], { secretOnStdout: true })).stdout.trim();
  const callers = {
    key: await make('create', 'free', '--permission', 'read,write'),
    limited: await make('create', 'limited', '--models', 'gpt-4o', '--rate-limit', '100000'),
    revoked: await make('create', 'revoked'),
    user: await make('session', 'create', '--user', 'eve'),
    admin: await make('session', 'create', '--user', 'admin'),
  };
  await box.program(['revoke', 'revoked', '--yes']);
  return callers;
}

/** An upstream with random responses, on loopback until the test ends. Returns its URL. */
async function startUpstream(): Promise<string> {
  const random = randomOf('upstream');
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => answerAnything(response, random)).on('error', () => {});
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

function answerAnything(response: ServerResponse, random: () => number): void {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const type = pick(['application/json', 'text/event-stream', 'text/plain', '\x80']);
  const body = pick([
    '{"model":"m","usage":{"total_tokens":3,"cost":0.001}}',
    '{"usage":{"total_tokens":9007199254740993,"cost":1e13}}',
    '{"model":"\\ud800","usage":{"total_tokens":1,"cost":1e-9}}',
    'data: {"usage":{"total_tokens":3}}\n\ndata: [DONE]\n\n',
    `{"echo":"Bearer ${upstreamKey}"}`,
    '{"usage":',
    '',
    'x'.repeat(100_000),
  ]);
  const status = random() < 0.7 ? 200 : pick([201, 204, 301, 304, 400, 401, 404, 422, 429, 500, 503, 599]);
  const ending = random();
  if (ending < 0.02) return void response.socket?.destroy();
  const headers = random() < 0.1 ? { 'content-encoding': pick(['gzip', 'br', 'zstd']) } : {};
  response.writeHead(status, { 'content-type': type, ...headers });
  response.write(body);
  if (ending < 0.04) setImmediate(() => response.socket?.destroy());
  else response.end();
}

function residentMegabytes(pid: number): number {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return 0;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(path, 'utf8'))?.[1]) / 1024;
}
