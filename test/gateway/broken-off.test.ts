import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/fault-server.ts';
import { truncated } from '../support/fault-server.ts';
import { event, HeldAnswer, ScriptedUpstream } from '../support/scripted-upstream.ts';
import { callerKey, UpstreamFront } from '../support/upstream-front.ts';

async function started(options = {}) {
  const scripted = await ScriptedUpstream.start();
  return { scripted, front: await UpstreamFront.start(scripted, options) };
}

function envelope(code: string, details: object = {}) {
  return { success: false, error: { code, message: expect.any(String), details } };
}

describe('a response that breaks off', () => {
  const first = event({ usage: { total_tokens: 3 } });

  test.each<[string, Answer]>([
    [
      'in chunks',
      async (response) =>
        void breakOffAfter(response.writeHead(200, { 'content-type': 'text/event-stream' }), first),
    ],
    ['of a known length', truncated(200, first)],
  ])('%s never looks complete to the caller', async (_, answer) => {
    const { scripted, front } = await started();
    scripted.next(answer);
    await expect(front.call('/v1/x')).rejects.toThrow('aborted');
    expect(await front.lastResult).toMatchObject({
      status: 200,
      upstreamStatus: 200,
      code: 'UPSTREAM_BROKE_OFF',
    });
  });

  test('is metered up to that point', async () => {
    const { scripted, front } = await started();
    const held = new HeldAnswer();
    scripted.next(held.answer);
    const reply = await front.open('/v1/x');
    await held.send(first);
    await once(reply, 'data');
    await held.breakOff();
    await expect(once(reply, 'end')).rejects.toThrow('aborted');
    expect((await front.lastResult).usage).toEqual({ tokens: 3 });
  });

  test('to a caller that speaks HTTP/1.0 ends in a reset', async () => {
    const { scripted, front } = await started();
    const held = new HeldAnswer();
    scripted.next(held.answer);
    const socket = connect(Number(new URL(front.origin).port), '127.0.0.1');
    socket.write(`GET /v1/x HTTP/1.0\r\nAuthorization: Bearer ${callerKey}\r\n\r\n`);
    await once(socket, 'data');
    await held.breakOff();
    await expect(once(socket.resume(), 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('because the upstream is silent is a timeout', async () => {
    const { scripted, front } = await started({ timeouts: { idleMs: 60 } });
    const held = new HeldAnswer();
    scripted.next(held.answer);
    await expect(front.call('/v1/x')).rejects.toThrow('aborted');
    expect(await front.lastResult).toMatchObject({
      status: 200,
      code: 'UPSTREAM_TIMEOUT',
      reason: 'silence',
    });
    await held.closed();
  });

  test('in an error that is inspected gives a complete refusal', async () => {
    const { scripted, front } = await started();
    scripted.next(truncated(404, '{'));
    const reply = await front.call('/v1/x');
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body)).toEqual(envelope('UPSTREAM_BROKE_OFF', { upstream_status: 404 }));
  });

  function breakOffAfter(response: Parameters<Answer>[0], piece: string): void {
    response.write(piece, () => setImmediate(() => response.socket?.resetAndDestroy()));
  }
});

test('an upstream that sends one piece within every idle timeout is not idle', async () => {
  const { scripted, front } = await started({ timeouts: { idleMs: 600 } });
  const held = new HeldAnswer();
  scripted.next(held.answer);
  const reply = front.call('/v1/x');
  for (let count = 0; count < 5; count++) {
    await new Promise((done) => setTimeout(done, 200));
    await held.send('x');
  }
  await held.end();
  expect((await reply).body).toBe('xxxxx');
});
