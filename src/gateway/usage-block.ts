import type { IncomingHttpHeaders } from 'node:http';
import { BoundedBuffer } from './bounded-buffer.ts';
import { EventStream } from './event-stream.ts';
import { mediaTypeOf, single } from './headers.ts';
import { parseJson, parseJsonEnd } from './json-end.ts';

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
}

/** The meter for a response; undefined for one without a readable usage block: neither JSON nor events, or compressed. */
export function meterFor(headers: IncomingHttpHeaders): UsageMeter | undefined {
  const coding = single(headers, 'content-encoding')?.trim().toLowerCase() || 'identity';
  const type = mediaTypeOf(headers);
  if (coding !== 'identity') return undefined;
  if (type === 'text/event-stream') return eventsMeter();
  return /[/+]json$/.test(type) ? documentMeter() : undefined;
}

function documentMeter(): UsageMeter {
  const text = new BoundedBuffer();
  return { add: (chunk) => text.add(chunk), end: () => usageIn(text.read()) };
}

/** Of several events with a usage, the last one counts: earlier ones are running totals. */
function eventsMeter(): UsageMeter {
  let usage: Usage | undefined;
  const events = new EventStream(({ text, isEnd }) => {
    // Most events have none and need not be parsed.
    if (text.includes('"usage"')) usage = usageIn(isEnd ? parseJsonEnd(text) : parseJson(text)) ?? usage;
  });
  return {
    add: (chunk) => events.add(chunk),
    end() {
      events.end();
      return usage;
    },
  };
}

/**
 * The usage in a response of an OpenAI-compatible server: `usage` (platform.openai.com/docs/api-reference/chat/object),
 * or `response.usage` in an event (…/api-reference/responses-streaming/response/completed). The cost is not part of that
 * API; gateways add it as `cost_usd`, `cost` (openrouter.ai/docs/use-cases/usage-accounting) or `total_cost`. Undefined
 * without tokens and cost; a value that cannot be a number of tokens or dollars counts as absent.
 */
export function usageIn(document: unknown): Usage | undefined {
  const outer = record(document);
  const response = outer.usage instanceof Object ? outer : record(outer.response);
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

function record(value: unknown): Record<string, unknown> {
  return value instanceof Object && !Array.isArray(value) ? { ...value } : {};
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? amount(value) : undefined;
}

/** The sum of two counts; one alone, as embeddings report it, is the sum. */
function sum(one: unknown, other: unknown): number | undefined {
  if (count(one) === undefined && count(other) === undefined) return undefined;
  return count((count(one) ?? 0) + (count(other) ?? 0));
}

function amount(value: unknown): number | undefined {
  // Math.abs turns -0 into 0.
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.abs(value) : undefined;
}

function isModelName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}
