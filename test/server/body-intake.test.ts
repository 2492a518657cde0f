import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { HttpProblem } from '../../src/gateway/http-problem.ts';
import type { HeldBody } from '../../src/server/body-intake.ts';
import { BodyIntake } from '../../src/server/body-intake.ts';

/** A server that reads each body for the key named in a header, and answers with the outcome. */
async function started(limits?: { totalBytes: number; keyBytes: number }) {
  const intake = new BodyIntake(limits);
  const held: HeldBody[] = [];
  const server = createServer(async (incoming, response) => {
    try {
      const body = await intake.read(incoming, response, String(incoming.headers['x-holder']));
      held.push(body);
      response.end(String(body.body?.length ?? 0));
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      response.writeHead(error.status, { connection: 'close' }).end(error.code);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const port = (server.address() as AddressInfo).port;
  const send = (holder: string, headers = {}): ClientRequest =>
    request({ port, method: 'POST', headers: { 'x-holder': holder, ...headers } }).on('error', () => {});
  const whole = async (holder: string, size: number) => answerTo(send(holder).end(Buffer.alloc(size)));
  return { intake, held, send, whole };
}

async function answerTo(calling: ClientRequest): Promise<[number | undefined, string]> {
  const [reply] = (await once(calling, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of reply) text += chunk;
  return [reply.statusCode, text];
}

test('bodies count until they are released', async () => {
  const { intake, held, whole } = await started();
  expect(await whole('a', 1000)).toEqual([200, '1000']);
  expect(await whole('a', 0)).toEqual([200, '0']);
  expect(intake.total).toBe(1000);
  for (const body of held) body.release();
  held[0]?.release();
  expect(intake.total).toBe(0);
});

test('the bodies of one key are bounded, and so are those of all keys', async () => {
  const { intake, held, whole } = await started({ totalBytes: 3000, keyBytes: 2000 });
  expect(await whole('a', 1500)).toEqual([200, '1500']);
  expect(await whole('a', 600)).toEqual([503, 'SERVER_BUSY']);
  expect(await whole('b', 1400)).toEqual([200, '1400']);
  expect(await whole('c', 200)).toEqual([503, 'SERVER_BUSY']);
  expect(intake.total).toBe(2900);
  held[0]?.release();
  expect(await whole('a', 600)).toEqual([200, '600']);
});

test('a body announced as too large is not read, and one that proves too large is abandoned', async () => {
  const { intake, send } = await started();
  const announced = send('a', { 'content-length': 33 * 1024 * 1024 });
  announced.flushHeaders();
  expect(await answerTo(announced)).toEqual([413, 'BODY_TOO_LARGE']);
  const chunked = send('a');
  const replied = answerTo(chunked);
  const piece = Buffer.alloc(1024 * 1024);
  for (let count = 0; count < 33; count++) chunked.write(piece);
  expect(await replied).toEqual([413, 'BODY_TOO_LARGE']);
  expect(intake.total).toBe(0);
});

test('a body that breaks off is released', async () => {
  const { intake, send } = await started();
  const calling = send('a', { 'content-length': 1000 });
  calling.write(Buffer.alloc(500));
  await expect.poll(() => intake.total).toBe(500);
  calling.destroy();
  await expect.poll(() => intake.total).toBe(0);
});
