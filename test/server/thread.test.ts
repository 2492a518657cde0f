import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ThreadRequest } from '../../src/server/threads/protocol.ts';
import { Thread } from '../../src/server/threads/thread.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A thread that runs `answer`, the body of a function of the request and the port, for each request. */
function threadOf(answer: string): Thread {
  const file = join(temporaryFolder(), 'thread.cjs');
  writeFileSync(
    file,
    `const { parentPort: port, workerData } = require('node:worker_threads');
     port.on('message', (request) => { if (request.kind === 'end') { port.postMessage({ kind: 'done' }); return port.close(); } ${answer} });`,
  );
  const thread = new Thread(
    { source: file, isCode: false, argv: [] },
    { path: '/example.db', timeoutMs: 1, organisation: {} },
  );
  onTestFinished(() => thread.end().catch(() => {}));
  return thread;
}

const request = (now: number): ThreadRequest => ({ kind: 'record', uses: [], now });

test('answers come in the order of the requests, and after an end no thread is left', async () => {
  const thread = threadOf(`port.postMessage({ kind: 'done', value: [workerData.path, request.now] });`);
  const answers = await Promise.all([1, 2, 3].map((now) => thread.call(request(now))));
  expect(answers).toEqual([1, 2, 3].map((now) => ['/example.db', now]));
  await thread.end();
});

test('failures of the authority are told apart from defects', async () => {
  const failure = { code: 'authority_busy', message: 'it is locked', hints: ['try again later'] };
  const thread = threadOf(`port.postMessage(request.now === 1
    ? { kind: 'failed', failure: ${JSON.stringify(failure)} } : { kind: 'broken', message: 'a defect' });`);
  await expect(thread.call(request(1))).rejects.toMatchObject({ name: 'KeysError', failure });
  await expect(thread.call(request(2))).rejects.toMatchObject({ name: 'Error', message: 'a defect' });
});

test('a thread that ends unexpectedly fails what it was asked, and the next request starts another', async () => {
  const thread = threadOf(
    `if (request.now === 1) throw new Error('out of memory'); port.postMessage({ kind: 'done', value: request.now });`,
  );
  const [first, second] = await Promise.allSettled([thread.call(request(1)), thread.call(request(2))]);
  expect(first).toMatchObject({ reason: { message: 'out of memory' } });
  expect(second.status).toBe('rejected');
  expect(await thread.call(request(3))).toBe(3);
});

test('a thread without a program fails what it is asked', async () => {
  const thread = new Thread(
    { source: join(temporaryFolder(), 'nothing.cjs'), isCode: false, argv: [] },
    { path: '/example.db', timeoutMs: 1, organisation: {} },
  );
  await expect(thread.call(request(1))).rejects.toThrow('Cannot find module');
});

test('a thread can run code that is in no file', async () => {
  const code = `const { parentPort: port } = require('node:worker_threads');
    port.on('message', ({ kind, now }) => { port.postMessage({ kind: 'done', value: now }); if (kind === 'end') port.close(); });`;
  const thread = new Thread(
    { source: code, isCode: true, argv: [] },
    { path: '/example.db', timeoutMs: 1, organisation: {} },
  );
  expect(await thread.call(request(7))).toBe(7);
  await thread.end();
});
