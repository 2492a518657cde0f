import { count, record } from './json-values.ts';

/** The tokens of a call by what they cost. */
export interface TokenCounts {
  /** Not read from a cache. */
  input: number;
  cached: number;
  output: number;
  /** What is part of the sum alone. */
  unknown: number;
}

/**
 * The tokens in a usage block: of OpenAI's chat (platform.openai.com/docs/api-reference/chat/object) and responses
 * (…/api-reference/responses/object), whose input contains what was cached, or of Anthropic's messages
 * (docs.anthropic.com/en/api/messages), whose input does not. Undefined without any.
 */
export function countsIn(usageBlock: unknown): TokenCounts | undefined {
  const usage = record(usageBlock);
  const asked = count(usage.prompt_tokens) ?? count(usage.input_tokens);
  const output = count(usage.completion_tokens) ?? count(usage.output_tokens);
  const total = count(usage.total_tokens);
  if (asked === undefined && output === undefined)
    return total === undefined ? undefined : { input: 0, cached: 0, output: 0, unknown: total };
  const details = record(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const within = Math.min(
    asked ?? 0,
    count(details.cached_tokens) ?? count(usage.prompt_cache_hit_tokens) ?? 0,
  );
  // A gateway that translates may repeat these beside a sum that contains them.
  const isApart = usage.prompt_tokens === undefined && details.cached_tokens === undefined;
  const [read, written] = isApart
    ? [count(usage.cache_read_input_tokens) ?? 0, count(usage.cache_creation_input_tokens) ?? 0]
    : [0, 0];
  const counts = { input: (asked ?? 0) - within + written, cached: within + read, output: output ?? 0 };
  // Some count what a model thinks in the sum alone; it costs what output does.
  const rest = Math.max(0, (total ?? 0) - sumOf(counts));
  return output === undefined
    ? { ...counts, unknown: rest }
    : { ...counts, output: counts.output + rest, unknown: 0 };
}

/** The counts of a stream whose first event has the input and whose last one has the output, as Anthropic's. */
export function withInputOf(counts: TokenCounts, first: TokenCounts | undefined): TokenCounts {
  if (!first || counts.input + counts.cached > 0) return counts;
  return { ...counts, input: first.input, cached: first.cached };
}

export function sumOf({ input, cached, output }: Omit<TokenCounts, 'unknown'>): number {
  return input + cached + output;
}
