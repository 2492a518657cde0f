import { constants, getPriority, platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { AuthorityService } from '../../authority/service.ts';
import { KeysError } from '../../base/errors.ts';
import { answerTo } from '../questions/questions.ts';
import type { Rejection, ThreadAnswer, ThreadRequest, ThreadSettings } from './protocol.ts';

/* A thread of the server, with connections of its own. An entry of the bundle: `thread.ts` starts it. */

let now = new Date();
const { isBackground = false, ...settings }: ThreadSettings = workerData;
const authority = new AuthorityService({ ...settings, now: () => now });

// Linux has a priority for each thread, other systems one for the process. Ten steps: a tenth of what another thread gets.
if (isBackground && platform() === 'linux')
  setPriority(Math.min(getPriority() + 10, constants.priority.PRIORITY_LOW));

parentPort?.on('message', (request: ThreadRequest) => {
  now = new Date(request.now);
  const answer = carryOut(request);
  // Bytes change hands without being copied.
  const bytes = answer.kind === 'done' && answer.value instanceof Uint8Array ? [answer.value.buffer] : [];
  parentPort?.postMessage(answer, bytes as ArrayBuffer[]);
  if (request.kind === 'end') parentPort?.close();
});

function carryOut(request: ThreadRequest): ThreadAnswer {
  try {
    return { kind: 'done', value: perform(request) };
  } catch (error) {
    // Its cause may be what cannot be cloned.
    if (error instanceof KeysError)
      return { kind: 'failed', failure: { ...error.failure, cause: undefined } };
    return { kind: 'broken', message: String(error instanceof Error ? (error.stack ?? error) : error) };
  }
}

function perform(request: ThreadRequest): unknown {
  if (request.kind === 'record') {
    const { uses } = request;
    return authority
      .record(uses)
      .map(({ use, reason }): Rejection => ({ index: uses.indexOf(use), message: messageOf(reason) }));
  }
  if (request.kind === 'prune') return authority.prune(request.maxRows);
  if (request.kind === 'ask') return answerTo(authority, request.caller, request.name, request.input);
  return authority.close();
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
