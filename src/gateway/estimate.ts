import { mediaTypeOf } from './headers.ts';
import type { TokenCounts } from './token-counts.ts';
import type { ProxyRequest, ProxyResult } from './types.ts';
import type { UsageMeter } from './usage-block.ts';
import { bytesPerToken } from './usage-block.ts';

/** An image in a request is a long text without spaces; its bytes say nothing about its tokens. */
const encodedData = /[\w+/=-]{1000,}/g;

/**
 * About how many tokens a call took whose response does not say it, because the caller hung up or the upstream reports none.
 * Undefined if the upstream has made nothing: then the call costs nothing.
 */
export function estimatedCounts(
  { headers, body }: Pick<ProxyRequest, 'headers' | 'body'>,
  { status, code }: ProxyResult,
  meter: UsageMeter | undefined,
): TokenCounts | undefined {
  const isAnswered = code === undefined && status < 400;
  const isBrokenOff = code === 'CLIENT_CLOSED' || (code !== undefined && meter !== undefined);
  if (!isAnswered && !isBrokenOff) return undefined;
  const isText = /[/+]json$/.test(mediaTypeOf(headers));
  const text = isText && body ? body.toString('latin1').replace(encodedData, '') : '';
  const input = Math.ceil(text.length / bytesPerToken);
  return { input, cached: 0, output: meter?.estimatedOutput ?? 0, unknown: 0 };
}
