import type { IncomingHttpHeaders } from 'node:http';
import type { AccessRequest, Admission, Decision } from '../authority/decision.ts';
import type { ProblemFields } from '../gateway/http-problem.ts';
import { envelope } from '../gateway/http-problem.ts';
import type { AccessRecord } from './access-log.ts';
import { pathOf } from './access-log.ts';
import type { UseAddress } from './admission.ts';
import { countDecision, enqueueServed, rateLimitHeaders, refusalHeaders } from './admission.ts';
import { keyOf } from './caller.ts';
import type { Context } from './context.ts';
import { logText } from './log-text.ts';

/** A request to `/v1/authorize`, as any HTTP server has it. */
export interface AuthorizeRequest {
  method: string;
  /** Of the request itself, as `pathOf` has it. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Undefined once the connection has ended. */
  ip: string | undefined;
}

/** The use of a key that a request asks about. */
export interface RequestedUse {
  access: AccessRequest;
  address: UseAddress;
  ip: string | undefined;
}

/** The answer, apart from the headers that every answer has. */
export interface AuthorizeAnswer {
  status: number;
  /** Names and values in turn. */
  headers: readonly string[];
  /** Text, empty if the request may pass; JSON if it is refused. */
  body: string;
  logged: Pick<AccessRecord, 'key' | 'code'>;
}

/**
 * Reads the subrequest of a reverse proxy. The original request is in `X-Original-Method` and `X-Original-URI` (nginx) or
 * `X-Forwarded-Method` and `X-Forwarded-Uri` (Traefik, Caddy); `X-Model` and `X-Permission` name what it needs.
 */
export function requestedUse(request: AuthorizeRequest): RequestedUse {
  const { headers, ip } = request;
  const model = textIn(headers['x-model']);
  const permission = textIn(headers['x-permission']);
  const method = textIn(headers['x-original-method']) ?? textIn(headers['x-forwarded-method']);
  const target = textIn(headers['x-original-uri']) ?? textIn(headers['x-forwarded-uri']);
  return {
    access: { key: keyOf(request), model, permission },
    address: {
      method: logText(method ?? request.method, 20),
      path: target === undefined ? request.path : pathOf(target),
      model: model === undefined ? undefined : logText(model),
    },
    ip,
  };
}

/** Counts and logs a use as decided. */
export function countUse(context: Context, { address, ip }: RequestedUse, decision: Decision): void {
  countDecision(context, decision, address, ip);
  if (decision.allowed) enqueueServed(context, decision, address, ip);
}

/** The answer for a decision: 200 lets the request through, anything else refuses it. */
export function answerOf(decision: Decision): AuthorizeAnswer {
  const logged = decision.keyId === undefined ? {} : { key: decision.keyId };
  if (!decision.allowed) {
    // An error would take longer to make than all the rest.
    const refused = problemAnswer({ ...decision, headers: refusalHeaders(decision) });
    const limits = decision.rateLimit ? Object.entries(rateLimitHeaders(decision.rateLimit)).flat() : [];
    return { ...refused, headers: [...limits, ...refused.headers], logged: { ...logged, ...refused.logged } };
  }
  return { status: 200, headers: admissionHeaders(decision), body: '', logged };
}

/** The answer for a problem. */
export function problemAnswer(problem: ProblemFields): AuthorizeAnswer {
  return {
    status: problem.status,
    headers: [...Object.entries(problem.headers).flat(), 'content-type', 'application/json; charset=utf-8'],
    body: JSON.stringify(envelope(problem)),
    logged: { code: problem.code },
  };
}

function admissionHeaders({ keyId, keyName, rateLimit }: Admission): string[] {
  const key = ['x-key-id', keyId, 'x-key-name', headerText(keyName)];
  const type = ['content-type', 'text/plain; charset=utf-8'];
  if (!rateLimit) return [...key, ...type];
  const limits = Object.entries(rateLimitHeaders(rateLimit));
  const prefixed = limits.flatMap(([name, value]) => [`x-${name}`, value]);
  return [...limits.flat(), ...key, ...prefixed, ...type];
}

/** The first value of a header that is not empty. */
function textIn(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header) || undefined;
}

/** A name for a header: characters other than visible ASCII are percent-encoded as UTF-8. */
function headerText(name: string): string {
  if (/^[ -$&-~]*$/.test(name)) return name;
  return name.replace(/[^ -$&-~]/gu, (character) => encodeURIComponent(Buffer.from(character).toString()));
}
