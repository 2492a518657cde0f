import type { IncomingHttpHeaders } from 'node:http';
import type { Admission, RateLimit } from '../authority/decision.ts';
import type { HttpProblem } from '../gateway/http-problem.ts';
import { envelope } from '../gateway/http-problem.ts';
import type { AccessRecord } from './access-log.ts';
import { pathOf } from './access-log.ts';
import { decideUse, enqueueServed, rateLimitHeaders, refusal } from './admission.ts';
import { keyOf } from './caller.ts';
import type { Context } from './context.ts';
import { logText } from './log-text.ts';

/** A request to `/v1/authorize`, as any HTTP server has it. */
export interface AuthorizeRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** Undefined once the connection has ended. */
  ip: string | undefined;
}

/** The answer, apart from the headers that every answer has. */
export interface AuthorizeAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Text, empty if the request may pass; JSON if it is refused. */
  body: string;
  logged: Pick<AccessRecord, 'key' | 'code'>;
}

/**
 * The subrequest of a reverse proxy: 200 lets the request through, anything else refuses it. The original request is in
 * `X-Original-Method` and `X-Original-URI` (nginx) or `X-Forwarded-Method` and `X-Forwarded-Uri` (Traefik, Caddy);
 * `X-Model` and `X-Permission` name what it needs.
 */
export async function authorize(context: Context, request: AuthorizeRequest): Promise<AuthorizeAnswer> {
  const { headers, ip } = request;
  const model = textIn(headers['x-model']);
  const permission = textIn(headers['x-permission']);
  const address = {
    method: logText(
      textIn(headers['x-original-method']) ?? textIn(headers['x-forwarded-method']) ?? request.method,
      20,
    ),
    path: pathOf(textIn(headers['x-original-uri']) ?? textIn(headers['x-forwarded-uri']) ?? request.url),
    ...(model !== undefined && { model: logText(model) }),
  };
  const access = {
    key: keyOf(request),
    ...(model !== undefined && { model }),
    ...(permission !== undefined && { permission }),
  };
  const decision = await decideUse(context, access, address, ip);
  const logged = decision.keyId === undefined ? {} : { key: decision.keyId };
  const limits = decision.rateLimit && rateLimitHeaders(decision.rateLimit);
  if (!decision.allowed) return problemAnswer(refusal(decision), { ...limits }, logged);
  enqueueServed(context, decision, address, ip);
  return { status: 200, headers: admissionHeaders(decision), body: '', logged };
}

/** The answer for a problem. */
export function problemAnswer(
  problem: HttpProblem,
  headers: Readonly<Record<string, string>> = {},
  logged: AuthorizeAnswer['logged'] = {},
): AuthorizeAnswer {
  return {
    status: problem.status,
    headers: { ...headers, ...problem.headers, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(envelope(problem)),
    logged: { ...logged, code: problem.code },
  };
}

const textType = { 'content-type': 'text/plain; charset=utf-8' };

function admissionHeaders({ keyId, keyName, rateLimit }: Admission): Record<string, string> {
  const identity = { 'x-key-id': keyId, 'x-key-name': headerText(keyName) };
  if (!rateLimit) return { ...identity, ...textType };
  return { ...rateLimitHeaders(rateLimit), ...identity, ...prefixedHeaders(rateLimit), ...textType };
}

function prefixedHeaders({ limit, remaining, resetSeconds }: RateLimit): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(resetSeconds),
  };
}

/** The first value of a header that is not empty. */
function textIn(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header) || undefined;
}

/** A name for a header: characters other than visible ASCII are percent-encoded as UTF-8. */
function headerText(name: string): string {
  return name.replace(/[^ -$&-~]/gu, (character) => encodeURIComponent(Buffer.from(character).toString()));
}
