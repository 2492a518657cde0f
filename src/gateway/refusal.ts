import type { ServerResponse } from 'node:http';

/** What we answer ourselves, by code: the status and the message. */
const refusals = {
  INVALID_REQUEST: [
    400,
    'The request cannot be passed on: its path, its method or its body is not acceptable',
  ],
  KEY_IN_REQUEST: [400, 'The request holds your API key outside of the headers that are meant for it'],
  UPSTREAM_UNREACHABLE: [502, 'The upstream cannot be reached; nothing was sent to it'],
  UPSTREAM_TIMEOUT: [504, 'The upstream fell silent; it may have done what was asked'],
  UPSTREAM_REFUSED: [502, 'The upstream does not accept the key of this server, or none could be had'],
  UPSTREAM_BUSY: [503, 'The upstream takes no more requests for now'],
  UPSTREAM_FAILED: [502, 'The upstream failed to answer; it may have done what was asked'],
  UPSTREAM_BROKE_OFF: [502, 'The upstream broke off its answer; it may have done what was asked'],
  KEY_IN_ANSWER: [502, 'The answer of the upstream holds the key of this server'],
} as const satisfies Record<string, readonly [number, string]>;

export type RefusalCode = keyof typeof refusals;

export interface RefusalDetails {
  /** What the upstream answered, if it did. */
  upstreamStatus?: number | undefined;
  /** As the upstream says it: seconds, or an HTTP date (RFC 9110 section 10.2.3). */
  retryAfter?: string | undefined;
}

/** Answers with the envelope `{success, error: {code, message, details}}`. Gives the status. */
export function refuse(
  response: ServerResponse,
  code: RefusalCode,
  { upstreamStatus, retryAfter }: RefusalDetails = {},
): number {
  const [status, message] = refusals[code];
  const details = upstreamStatus === undefined ? {} : { upstream_status: upstreamStatus };
  const body = Buffer.from(JSON.stringify({ success: false, error: { code, message, details } }));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...(retryAfter !== undefined && isRetryAfter(retryAfter) ? { 'retry-after': retryAfter } : {}),
  });
  response.end(body);
  return status;
}

function isRetryAfter(text: string): boolean {
  return /^(?:\d{1,9}|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[\w ,:-]{1,40})$/.test(text);
}
