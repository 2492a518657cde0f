import type { IncomingHttpHeaders } from 'node:http';
import { GrowingText } from './bounded-buffer.ts';
import { EventStream } from './event-stream.ts';
import { single } from './headers.ts';

/** What an answer says that it used. */
export interface Usage {
  /** A whole number, at least 0. */
  tokens: number;
  /** US dollars, at least 0; absent where the answer does not say. */
  costUsd?: number;
  /** The model that the request names, else that which the answer names. */
  model?: string;
}

/** Reads the usage from a copy of an answer's bytes, in little memory. */
export interface UsageMeter {
  add(chunk: Buffer): void;
  /** What was found so far, or undefined. Called once, after the last byte. */
  end(): Usage | undefined;
}

/** The meter for an answer; undefined for one that can hold no usage block: neither JSON nor events, or compressed. */
export function meterFor(headers: IncomingHttpHeaders): UsageMeter | undefined {
  const coding = single(headers, 'content-encoding')?.trim().toLowerCase() || 'identity';
  const type = (single(headers, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (coding !== 'identity') return undefined;
  if (type === 'text/event-stream') return eventsMeter();
  return /[/+]json$/.test(type) ? documentMeter() : undefined;
}

function documentMeter(): UsageMeter {
  const text = new GrowingText();
  return { add: (chunk) => text.add(chunk), end: () => usageIn(text.read()) };
}

/** Of several events with a usage, the last one counts: the earlier ones are counts so far. */
function eventsMeter(): UsageMeter {
  let usage: Usage | undefined;
  const events = new EventStream((data) => {
    // Most events have none; there is no need to parse those.
    if (data.includes('"usage"')) usage = usageIn(data.read()) ?? usage;
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
 * The usage in an answer of an OpenAI-compatible server: `usage` (platform.openai.com/docs/api-reference/chat/object),
 * or `response.usage` in an event (…/api-reference/responses-streaming/response/completed). The cost is no part of that
 * API; gateways add it as `cost_usd`, `cost` (openrouter.ai/docs/use-cases/usage-accounting) or `total_cost`. Undefined
 * where neither tokens nor a cost stand there; a number that is none, or cannot be one of tokens or dollars, counts as
 * absent.
 */
export function usageIn(document: unknown): Usage | undefined {
  const outer = record(document);
  const answer = outer.usage instanceof Object ? outer : record(outer.response);
  const usage = record(answer.usage);
  const tokens =
    count(usage.total_tokens) ??
    sum(usage.prompt_tokens, usage.completion_tokens) ??
    sum(usage.input_tokens, usage.output_tokens);
  const costUsd = amount(usage.cost_usd) ?? amount(usage.cost) ?? amount(usage.total_cost);
  if (tokens === undefined && costUsd === undefined) return undefined;
  return {
    tokens: tokens ?? 0,
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(isModelName(answer.model) ? { model: answer.model } : {}),
  };
}

function record(value: unknown): Record<string, unknown> {
  return value instanceof Object && !Array.isArray(value) ? { ...value } : {};
}

function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? amount(value) : undefined;
}

/** Of two counts; one alone, as embeddings have it, is the sum. */
function sum(one: unknown, other: unknown): number | undefined {
  if (count(one) === undefined && count(other) === undefined) return undefined;
  return count((count(one) ?? 0) + (count(other) ?? 0));
}

function amount(value: unknown): number | undefined {
  // Not Object.is(-0): a zero without a sign.
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.abs(value) : undefined;
}

function isModelName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}
