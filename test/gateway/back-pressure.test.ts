import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { UpstreamFront } from '../support/upstream-front.ts';

const megabyte = 1024 * 1024;
const piece = Buffer.alloc(megabyte, 'x');

/** Sends as fast as the other side accepts it, and counts the pieces. */
class Flood {
  sent = 0;
  readonly #pieces: number;

  constructor(pieces: number) {
    this.#pieces = pieces;
  }

  readonly answer = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (; this.sent < this.#pieces && !response.destroyed; this.sent++) {
      if (!response.write(piece)) await new Promise<void>((done) => this.#taken(response, done));
    }
    response.end();
  };

  #taken(response: ServerResponse, done: () => void): void {
    const end = () => {
      response.off('drain', end).off('close', end);
      done();
    };
    response.on('drain', end).on('close', end);
  }

  /** Resolves when nothing has been accepted for 300 ms. */
  async stuck(): Promise<void> {
    for (let before = -1; before !== this.sent; ) {
      before = this.sent;
      await new Promise((done) => setTimeout(done, 300));
    }
  }
}

test('a slow reader slows the upstream down, and receives everything', async () => {
  const scripted = await ScriptedUpstream.start();
  const front = await UpstreamFront.start(scripted);
  const flood = new Flood(96);
  scripted.next(flood.answer);
  const before = process.memoryUsage().arrayBuffers;
  const reply = await front.open('/v1/x');
  await flood.stuck();
  // Two connections, with up to about 10 MB each in the kernel.
  expect(flood.sent).toBeLessThan(64);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * megabyte);
  let size = 0;
  for await (const chunk of reply) size += chunk.length;
  expect(size).toBe(96 * megabyte);
  expect(await front.lastResult).toEqual({ status: 200, upstreamStatus: 200 });
});

test('a reader that stops reading is cut off, and so is the upstream', async () => {
  const scripted = await ScriptedUpstream.start();
  const front = await UpstreamFront.start(scripted, { timeouts: { idleMs: 150 } });
  const flood = new Flood(256);
  const ended = new Promise((done) => {
    scripted.next((response) => {
      response.once('close', done);
      void flood.answer(response);
    });
  });
  const reply = await front.open('/v1/x');
  await ended;
  expect(await front.lastResult).toEqual({
    status: 499,
    upstreamStatus: 200,
    code: 'CLIENT_CLOSED',
    reason: 'stalled',
  });
  await expect(once(reply.resume(), 'end')).rejects.toThrow('aborted');
});

test('a reader slower than the idle timeout is not cut off while it reads', async () => {
  const scripted = await ScriptedUpstream.start();
  const front = await UpstreamFront.start(scripted, { timeouts: { idleMs: 800 } });
  const flood = new Flood(64);
  scripted.next(flood.answer);
  const reply = await front.open('/v1/x');
  let size = 0;
  for await (const chunk of reply) {
    const megabytes = Math.floor((size + chunk.length) / megabyte) - Math.floor(size / megabyte);
    size += chunk.length;
    if (megabytes > 0) await new Promise((done) => setTimeout(done, 20));
  }
  expect(size).toBe(64 * megabyte);
});

test('a caller that disconnects while it reads nothing is not waited for', async () => {
  const scripted = await ScriptedUpstream.start();
  const front = await UpstreamFront.start(scripted);
  const leaving = new AbortController();
  front.signal = leaving.signal;
  const flood = new Flood(256);
  scripted.next(flood.answer);
  const reply = await front.open('/v1/x');
  await flood.stuck();
  leaving.abort();
  expect(await front.lastResult).toMatchObject({ status: 499, code: 'CLIENT_CLOSED', reason: 'left' });
  await expect(once(reply.resume(), 'end')).rejects.toThrow('aborted');
});
