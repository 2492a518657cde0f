import type { ServerResponse } from 'node:http';

/** The gateway's own answers by code: status and message. */
const refusals = {
  INVALID_REQUEST: [400, 'the path, the method or the body of this request is not accepted'],
  KEY_IN_REQUEST: [400, 'the request contains your API key outside the authentication headers'],
  UPSTREAM_UNREACHABLE: [502, 'the upstream is unreachable; the request was not sent'],
  UPSTREAM_TIMEOUT: [504, 'the upstream stopped responding; it may have processed the request'],
  UPSTREAM_REFUSED: [502, "the upstream rejected this server's key, or the key could not be read"],
  UPSTREAM_BUSY: [503, 'the upstream is not accepting requests at the moment'],
  UPSTREAM_FAILED: [502, 'the upstream failed to respond; it may have processed the request'],
  UPSTREAM_BROKE_OFF: [502, 'the upstream broke off its response; it may have processed the request'],
  KEY_IN_ANSWER: [502, "the upstream's response contains this server's key"],
} as const satisfies Record<string, readonly [number, string]>;

export type RefusalCode = keyof typeof refusals;

export interface RefusalDetails {
  /** What the upstream answered, if it did. */
  upstreamStatus?: number | undefined;
  /** As the upstream sent it: seconds, or an HTTP date (RFC 9110 section 10.2.3). */
  retryAfter?: string | undefined;
}

/** Answers with the envelope `{success, error: {code, message, details}}`. Returns the status. */
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
