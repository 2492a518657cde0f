import type { IncomingHttpHeaders } from 'node:http';
import { BoundedBuffer } from './bounded-buffer.ts';
import { EventStream } from './event-stream.ts';
import { mediaTypeOf, single } from './headers.ts';
import { parseJson, parseJsonEnd } from './json-end.ts';
import { amount, count, record } from './json-values.ts';
import type { TokenCounts } from './token-counts.ts';
import { countsIn, sumOf, withInputOf } from './token-counts.ts';

/** The usage that a response reports. */
export interface Usage {
  /** A whole number, at least 0. */
  tokens: number;
  /** US dollars, at least 0; absent if the response does not report it. */
  costUsd?: number;
  /** The model that the request names, else the one in the response. */
  model?: string;
}

/** Reads the usage from a copy of a response's bytes, in bounded memory. */
export interface UsageMeter {
  add(chunk: Buffer): void;
  /** The usage found so far, or undefined. Called once, after the last byte. */
  end(): Usage | undefined;
  /** After `end`: the tokens of that usage by what they cost. Undefined if it has none. */
  readonly counts: TokenCounts | undefined;
  /** The model that the response names. */
  readonly model: string | undefined;
  /** About how many tokens the response has, if it does not say it: one for each event, or for every four bytes. */
  readonly estimatedOutput: number;
}

/** The meter for a response; undefined for one without a readable usage block: neither JSON nor events, or compressed. */
export function meterFor(headers: IncomingHttpHeaders): UsageMeter | undefined {
  const coding = single(headers, 'content-encoding')?.trim().toLowerCase() || 'identity';
  const type = mediaTypeOf(headers);
  if (coding !== 'identity') return undefined;
  if (type === 'text/event-stream') return new EventsMeter();
  return /[/+]json$/.test(type) ? documentMeter() : undefined;
}

/** Bytes of a text that are about one token. */
export const bytesPerToken = 4;

function documentMeter(): UsageMeter {
  const text = new BoundedBuffer();
  let bytes = 0;
  let document: unknown;
  return {
    add(chunk) {
      text.add(chunk);
      bytes += chunk.length;
    },
    end() {
      document = text.read();
      return usageIn(document);
    },
    get counts() {
      return countsIn(blockIn(document));
    },
    get model() {
      return usageIn(document)?.model;
    },
    get estimatedOutput() {
      return Math.ceil(bytes / bytesPerToken);
    },
  };
}

/** Of several events with a usage, the last one counts: earlier ones are running totals. */
class EventsMeter implements UsageMeter {
  counts: TokenCounts | undefined;
  model: string | undefined;
  estimatedOutput = 0;
  #usage: Usage | undefined;
  /** Of the first event of a message, which alone has the input. */
  #firstCounts: TokenCounts | undefined;
  readonly #events = new EventStream(({ text, isEnd }) => {
    this.estimatedOutput += 1;
    // Most events have none and need not be parsed.
    if (text.includes('"usage"')) this.#read(isEnd ? parseJsonEnd(text) : parseJson(text));
  });

  add(chunk: Buffer): void {
    this.#events.add(chunk);
  }

  end(): Usage | undefined {
    this.#events.end();
    const counts = this.counts && withInputOf(this.counts, this.#firstCounts);
    if (!this.#usage || !counts || counts === this.counts) return this.#usage;
    this.counts = counts;
    return { ...this.#usage, tokens: sumOf(counts) };
  }

  #begin({ usage, model }: Record<string, unknown>): void {
    this.#firstCounts = countsIn(usage);
    if (isModelName(model)) this.model = model;
  }

  #read(document: unknown): void {
    const { message } = record(document);
    if (message) this.#begin(record(message));
    const usage = usageIn(document);
    if (!usage) return;
    this.#usage = usage;
    this.model = usage.model ?? this.model;
    this.counts = countsIn(blockIn(document)) ?? this.counts;
  }
}

/**
 * The usage in a response of an OpenAI-compatible server: `usage` (platform.openai.com/docs/api-reference/chat/object),
 * or `response.usage` in an event (…/api-reference/responses-streaming/response/completed). The cost is not part of that
 * API; gateways add it as `cost_usd`, `cost` (openrouter.ai/docs/use-cases/usage-accounting) or `total_cost`. Undefined
 * without tokens and cost; a value that cannot be a number of tokens or dollars counts as absent.
 */
export function usageIn(document: unknown): Usage | undefined {
  const response = responseIn(document);
  const usage = record(response.usage);
  const tokens =
    count(usage.total_tokens) ??
    sum(usage.prompt_tokens, usage.completion_tokens) ??
    sum(usage.input_tokens, usage.output_tokens);
  const costUsd = amount(usage.cost_usd) ?? amount(usage.cost) ?? amount(usage.total_cost);
  if (tokens === undefined && costUsd === undefined) return undefined;
  return {
    tokens: tokens ?? 0,
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(isModelName(response.model) ? { model: response.model } : {}),
  };
}

/** What has the usage: the document, or the response in an event. */
function responseIn(document: unknown): Record<string, unknown> {
  const outer = record(document);
  return outer.usage instanceof Object ? outer : record(outer.response);
}

function blockIn(document: unknown): unknown {
  return responseIn(document).usage;
}

/** The sum of two counts; one alone, as embeddings report it, is the sum. */
function sum(one: unknown, other: unknown): number | undefined {
  if (count(one) === undefined && count(other) === undefined) return undefined;
  return count((count(one) ?? 0) + (count(other) ?? 0));
}

function isModelName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}
