import type { ServerResponse } from 'node:http';
import { KeysError } from '../base/errors.ts';
import type { Dispatcher } from '../http/dispatcher.ts';
import { headersForCaller, mediaTypeOf, single } from './headers.ts';
import type { Question } from './proxy-request.ts';
import { questionOf } from './proxy-request.ts';
import type { RefusalCode } from './refusal.ts';
import { refuse } from './refusal.ts';
import { breakOff, plainBody, readableError, stream } from './relay.ts';
import type { Answer } from './send.ts';
import { ask, Breakdown } from './send.ts';
import type { Passage, Passed } from './upstream.ts';
import type { Credential, OwnKey } from './upstream-key.ts';
import type { Usage, UsageMeter } from './usage-block.ts';
import { meterFor } from './usage-block.ts';

export interface Line {
  dispatcher: Dispatcher;
  origin: string;
  /** The path on the upstream that stands for `/v1`. */
  base: string;
  /** Absent where the upstream wants none. */
  ownKey?: OwnKey;
  /** Milliseconds, as all of these. */
  connectTimeout: number;
  silence: number;
  longest: number;
}

/** As `Upstream.pass`. */
export async function pass(line: Line, passage: Passage, response: ServerResponse): Promise<Passed> {
  const question = await questionOf(line, passage);
  if (typeof question === 'string') return { status: refuse(response, question), code: question };
  const passing = new Passing(line, passage, response);
  try {
    return await passing.run(question);
  } catch (error) {
    return passing.fail(error);
  } finally {
    passing.end();
  }
}

/** One call on its way. */
class Passing {
  readonly #line: Line;
  readonly #passage: Passage;
  readonly #response: ServerResponse;
  readonly #leaving = new AbortController();
  readonly #leave = () => this.#leaving.abort();
  #answer: Answer | undefined;
  #meter: UsageMeter | undefined;

  constructor(line: Line, passage: Passage, response: ServerResponse) {
    this.#line = line;
    this.#passage = passage;
    this.#response = response;
    if (passage.signal.aborted || response.destroyed) this.#leave();
    passage.signal.addEventListener('abort', this.#leave);
    response.once('close', this.#leave);
  }

  async run(question: Question): Promise<Passed> {
    const { dispatcher, ownKey, connectTimeout, silence, longest } = this.#line;
    const credential = await ownKey?.read();
    const headers = { ...question.headers, ...credential?.headers() };
    const leaving = this.#leaving.signal;
    this.#answer = await ask(
      dispatcher,
      { ...question, headers },
      { connectTimeout, silence, longest, leaving },
    );
    const refusal = refusalFor(this.#answer.status);
    if (refusal === 'UPSTREAM_REFUSED' && credential) ownKey?.rejected(credential);
    if (refusal) return this.#refuse(refusal);
    return this.#answer.status < 400
      ? this.#stream(this.#answer, credential)
      : this.#passError(this.#answer, credential);
  }

  /** Whatever `run` was rejected with, the response ends, and never as if it were whole. Throws bugs again. */
  fail(error: unknown): Passed {
    const response = this.#response;
    if (error instanceof KeysError) return this.#refuse('UPSTREAM_REFUSED', error.failure.message);
    if (!(error instanceof Breakdown)) {
      if (response.headersSent) breakOff(response);
      throw error;
    }
    const { code, reason } = error;
    if (code === 'CLIENT_CLOSED') {
      response.destroy();
      return this.#passed({ status: 499, code, reason });
    }
    if (!response.headersSent) return this.#refuse(code, reason);
    // A moment later: what came of the call is known by then to those that log the end of the response.
    setImmediate(() => breakOff(response));
    return this.#passed({ status: response.statusCode, code, reason });
  }

  /** Ends the conversation with the upstream, if it still goes on. */
  end(): void {
    this.#passage.signal.removeEventListener('abort', this.#leave);
    this.#response.off('close', this.#leave);
    this.#answer?.body.destroy();
  }

  async #stream(answer: Answer, credential: Credential | undefined): Promise<Passed> {
    const isBodiless = this.#passage.method === 'HEAD' || answer.status === 304;
    const plain = isBodiless ? answer.body : plainBody(answer);
    const body = plain ?? (credential ? undefined : answer.body);
    if (!body) return this.#refuse('UPSTREAM_FAILED', 'unknown compression');
    const isPlain = body === answer.body;
    const headers = isPlain ? answer.headers : withoutCompression(answer.headers);
    this.#meter = isBodiless ? undefined : meterFor(headers);
    this.#response.writeHead(answer.status, this.#headers({ ...answer, headers }, credential));
    const { silence } = this.#line;
    const search = credential?.search(mediaTypeOf(headers) === 'text/event-stream');
    await stream(body, this.#response, { meter: this.#meter, search, silence });
    return this.#passed({ status: answer.status });
  }

  /** An error goes to the caller as a whole, or not at all: what upstreams put into them is not known beforehand. */
  async #passError(answer: Answer, credential: Credential | undefined): Promise<Passed> {
    const body = await readableError(answer);
    if (!body || credential?.isIn(body)) return this.#refuse('UPSTREAM_FAILED', 'unsuitable error');
    const length = this.#passage.method === 'HEAD' ? {} : { 'content-length': body.length };
    this.#response.writeHead(answer.status, { ...this.#headers(answer, credential), ...length }).end(body);
    return this.#passed({ status: answer.status });
  }

  #headers(answer: Answer, credential: Credential | undefined): Record<string, string | string[]> {
    const headers = headersForCaller(answer.headers, (text) => credential?.isIn(text) ?? false);
    // What the authorising half says, of rate limits for example, is about the caller's own key.
    const added = Object.entries(headers).filter(([name]) => !this.#response.hasHeader(name));
    return { ...Object.fromEntries(added), 'x-upstream-status': String(answer.status) };
  }

  #refuse(code: RefusalCode, reason?: string): Passed {
    const upstreamStatus = this.#answer?.status;
    const retryAfter = this.#answer && single(this.#answer.headers, 'retry-after');
    const status = refuse(this.#response, code, { upstreamStatus, retryAfter });
    return this.#passed({ status, code, ...(reason === undefined ? {} : { reason }) });
  }

  #passed(result: Passed): Passed {
    const usage = this.#meter?.end();
    return {
      ...result,
      ...(this.#answer ? { upstreamStatus: this.#answer.status } : {}),
      ...(usage ? { usage: this.#attributed(usage) } : {}),
    };
  }

  #attributed(usage: Usage): Usage {
    const { model } = this.#passage;
    return model === undefined ? usage : { ...usage, model };
  }
}

/** What to answer instead of an upstream's answer with this status; undefined for one that is passed on. */
function refusalFor(status: number): RefusalCode | undefined {
  // The key is ours, and so is the trouble with it or with the account behind it.
  if ([401, 402, 403, 407].includes(status)) return 'UPSTREAM_REFUSED';
  if (status === 429) return 'UPSTREAM_BUSY';
  // 304 answers a caller who has the content already.
  const isPassedOn = status < 300 || status === 304 || (status >= 400 && status < 500);
  return isPassedOn ? undefined : 'UPSTREAM_FAILED';
}

/** The headers of an answer whose body was decompressed. */
function withoutCompression({ ...headers }: Answer['headers']): Answer['headers'] {
  delete headers['content-encoding'];
  delete headers['content-length'];
  delete headers.etag;
  return headers;
}
