import { constants, getPriority, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteService } from '../../authority/sqlite/sqlite-service.ts';
import { KeysError } from '../../base/errors.ts';
import type { Json } from '../long-json.ts';
import { inParts, transferOf } from '../long-json.ts';
import { answerTo } from '../questions/questions.ts';
import type { Rejection, ThreadAnswer, ThreadRequest, ThreadSettings } from './protocol.ts';

/* A thread of the server, with connections of its own. An entry of the bundle: `thread.ts` starts it. */

let now = new Date();
const { isBackground = false, organisation, ...settings }: ThreadSettings = workerData;
const authority = openSqliteService(settings, () => now, organisation);

// Linux has a priority for each thread, other systems one for the process. Ten steps: a tenth of what another thread gets.
if (isBackground && platform() === 'linux')
  setPriority(Math.min(getPriority() + 10, constants.priority.PRIORITY_LOW));

/** One request after the other, because each has its own time. */
let answered: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: ThreadRequest) => {
  answered = answered.then(() => reply(request));
});

async function reply(request: ThreadRequest): Promise<void> {
  now = new Date(request.now);
  const answer = await carryOut(request);
  const isJson = request.kind === 'ask' && answer.kind === 'done';
  parentPort?.postMessage(answer, isJson ? transferOf(answer.value as Json) : []);
  if (request.kind === 'end') parentPort?.close();
}

async function carryOut(request: ThreadRequest): Promise<ThreadAnswer> {
  try {
    return { kind: 'done', value: await perform(request) };
  } catch (error) {
    // Its cause may be what cannot be cloned.
    if (error instanceof KeysError)
      return { kind: 'failed', failure: { ...error.failure, cause: undefined } };
    return { kind: 'broken', message: String(error instanceof Error ? (error.stack ?? error) : error) };
  }
}

async function perform(request: ThreadRequest): Promise<unknown> {
  if (request.kind === 'record') {
    const { uses } = request;
    const lostUses = await authority.gate.record(uses);
    return lostUses.map(
      ({ use, reason }): Rejection => ({ index: uses.indexOf(use), message: messageOf(reason) }),
    );
  }
  if (request.kind === 'prune') return authority.gate.prune(request.maxRows);
  if (request.kind === 'ask')
    return inParts(await answerTo(authority, request.caller, request.name, request.input));
  return authority.close();
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
