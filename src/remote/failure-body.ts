import type { HttpResponse } from '../http/response.ts';
import { updatesOf } from '../providers/declaration/call.ts';
import type { Condition, Issuing, Operation } from '../providers/declaration/operation.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { parseJson } from './explain-failure.ts';
import { secretPartsIn } from './new-secret.ts';
import { isTrue } from './next-page.ts';
import type { Part } from './select.ts';
import { part, select } from './select.ts';

/* 2xx responses whose body says that the call failed, or leaves it open. */

/** What a declaration says about all of its responses. */
type Rules = Partial<Pick<Provider, 'ok' | 'error' | 'show' | 'update' | 'revoke' | 'key'>>;

/** A call, and where a success has its result. */
export type ExpectedContent = Operation & Partial<Pick<Issuing, 'key' | 'secret'>>;

/**
 * Whether a 2xx response is a failure: by the rules of the declaration, else by common forms: `errors` or `error` with
 * content (GraphQL, JSON-RPC), `success` or `ok` that is false, a `status` of "error" or "fail" (JSend), an error code, a
 * status of HTTP, a problem (RFC 9457). A response with a new secret is a success whatever else it contains, because the
 * secret must not be lost.
 */
export function isFailureBody(
  response: HttpResponse,
  content: ExpectedContent,
  provider: Rules = {},
): boolean {
  const answer = bodyOf(response);
  if (!answer) return false;
  if (
    content.secret !== undefined &&
    secretPartsIn(answer, content.secret).every((one) => hasContent(one?.value))
  )
    return false;
  const [ok, error] = [content.ok ?? provider.ok, content.error ?? provider.error];
  if (error && meets(answer, error)) return true;
  if (ok) return !meets(answer, ok);
  if (isKey(answer, content, provider)) return false;
  if (isCommonFailure(answer.value)) return true;
  // Whether a key was revoked can be looked up.
  return content !== provider.revoke && (isProblem(response) || isRareFailure(answer.value));
}

/** Whether a 2xx response says by its body that there is no such key. */
export function saysNotFound(response: HttpResponse, { notFound }: Pick<Provider, 'notFound'>): boolean {
  const answer = bodyOf(response);
  return notFound !== undefined && answer !== undefined && meets(answer, notFound);
}

/**
 * Throws `KeysError` for a web page, such as a sign-in: it is no success, whatever its status. JSON with a new secret that
 * is declared as a web page is read nonetheless.
 */
export function requireNoWebPage(response: HttpResponse, content: ExpectedContent): void {
  const isWebPage = /^text\/html\b/i.test(response.headers['content-type'] ?? '');
  if (isWebPage && !(content.secret !== undefined && typeof parseJson(response.text) === 'object'))
    response.json();
}

/** Null, or `{"data": null}` and nothing else. */
export function isEmptyBody(response: HttpResponse): boolean {
  const answer = bodyOf(response);
  if (!answer) return false;
  const { value } = answer;
  if (value === null) return true;
  if (typeof value !== 'object' || !('data' in value) || value.data !== null) return false;
  return Object.entries(value).every(([name, one]) => name === 'data' || name === 'meta' || !hasContent(one));
}

const denial =
  /\b(?:not?|never|cannot|\w+n't|unable|fail\w*|denied|declined|rejected|errors?|forbidden|refused|pending|queued|scheduled)\b/i;
const outcome = /^(?:deleted|revoked|removed|success|ok|done|affected|\w*count)$/i;
const nothing = new Set(['false', '0', 'no', 'null']);

/**
 * Whether a 2xx response leaves open if a key was revoked: it has a form in which some servers refuse or postpone a call.
 */
export function isInconclusive(response: HttpResponse, id: string): boolean {
  const { status, text } = response;
  if (![200, 204, 205].includes(status) || isEmptyBody(response) || statusInBody(response) !== undefined)
    return true;
  const value = bodyOf(response)?.value ?? text;
  if (value === false || value === 0) return true;
  const entries = entriesIn(value);
  if (entries.some(([name, one]) => outcome.test(name) && nothing.has(String(one).toLowerCase())))
    return true;
  // The fields of the key itself say nothing about the call.
  const isOwn = entries.some(([, one]) => String(one) === id);
  if (!isOwn && isRareFailure(value)) return true;
  return !isOwn && entries.some(([, one]) => typeof one === 'string' && denial.test(one.slice(0, 1000)));
}

/** The named values of a body, two levels deep; a plain value has no name. */
function entriesIn(value: unknown, depth = 2): [name: string, value: unknown][] {
  if (typeof value !== 'object' || value === null) return [['', value]];
  return Object.entries(value).flatMap(([name, one]): [string, unknown][] =>
    typeof one === 'object' && one !== null && depth > 0 ? entriesIn(one, depth - 1) : [[name, one]],
  );
}

export function meets(answer: Part, { at, is }: Condition): boolean {
  const value = select(answer, at)?.value;
  if (is === undefined) return hasContent(value);
  return [is].flat().some((one) => String(one) === String(value ?? null));
}

/** The body as JSON; undefined for an empty body or plain text, where only the status counts. */
export function bodyOf(response: HttpResponse): Part | undefined {
  try {
    return part(response.json());
  } catch {
    return undefined;
  }
}

const failures = new Set(['error', 'fail', 'failed', 'failure']);

function isCommonFailure(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  const { errors, error, success, ok, status } = body as Record<string, unknown>;
  if (hasContent(errors) || hasContent(error)) return true;
  if ([success, ok].some((one) => one === false || one === 0 || one === 'false')) return true;
  return typeof status === 'string' && failures.has(status.toLowerCase());
}

function isProblem({ headers }: HttpResponse): boolean {
  return /^application\/problem\+json\b/i.test(headers['content-type'] ?? '');
}

const noCode = /^(?:0*|ok|success|none|null)$/i;
const denialWord = /^(?:error|fail|failed|failure|denied|refused|rejected|forbidden|unauthori[sz]ed)$/i;

/** Forms that a field of a key could have, too. Names are compared in lower case, without `_` and `-`. */
function isRareFailure(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  return Object.entries(body).some(([name, value]) => {
    switch (name.toLowerCase().replace(/[_-]/g, '')) {
      case 'error':
      case 'errors':
        return hasContent(value);
      case 'iserror':
      case 'failed':
        return isTrue(value);
      case 'errorcode':
      case 'errcode':
        return hasContent(value) && !noCode.test(String(value));
      case 'success':
      case 'issuccess':
      case 'ok':
        return value !== null && nothing.has(String(value).toLowerCase());
      case 'result':
        return typeof value === 'string' && denialWord.test(value);
      case 'status':
      case 'statuscode':
      case 'code':
        return isErrorStatus(value) || (typeof value === 'string' && denialWord.test(value));
      default:
        return false;
    }
  });
}

function isErrorStatus(value: unknown): boolean {
  const status = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600;
}

/** If the body is the key itself, a field such as `error` belongs to the key. */
function isKey(answer: Part, content: ExpectedContent, { key, show, update }: Rules): boolean {
  if (!key || (content !== show && !updatesOf({ ...(update && { update }) }).includes(content))) return false;
  const keyPart = select(answer, content.key ?? '');
  return keyPart !== undefined && hasContent(select(keyPart, key.id)?.value);
}

function hasContent(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '' || value === 0) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

const statusPaths = [
  'error.status',
  'error.statusCode',
  'error.code',
  'statusCode',
  'status',
  'code',
  'errors.0.status',
  'errors.0.code',
  'errors.0.extensions.http.status',
  'errors.0.extensions.status',
];
const wordPaths = ['error.code', 'errors.0.extensions.code', 'errors.0.code', 'code', 'error.type', 'type'];

/** Status words of some APIs, such as the codes of gRPC and GraphQL. */
const words: readonly [RegExp, number][] = [
  [/^(UNAUTHENTICATED|UNAUTHORI[ZS]ED|(INVALID|EXPIRED)_TOKEN)$/, 401],
  [/^(FORBIDDEN|PERMISSION_DENIED|ACCESS_DENIED)$/, 403],
  [/^(\w+_)?NOT_FOUND$/, 404],
  [/^(CONFLICT|(\w+_)?ALREADY_EXISTS)$/, 409],
  [/^(RATE_LIMIT(ED|_EXCEEDED)?|TOO_MANY_REQUESTS|RESOURCE_EXHAUSTED)$/, 429],
];

/** The HTTP status that the body of a failure gives; undefined if it gives none. */
export function statusInBody(response: HttpResponse): number | undefined {
  const answer = bodyOf(response);
  if (!answer) return undefined;
  for (const place of statusPaths) {
    const status = Number(select(answer, place)?.value);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  for (const place of wordPaths) {
    const word = select(answer, place)?.value;
    const entry = words.find(([form]) => typeof word === 'string' && form.test(word.toUpperCase()));
    if (entry) return entry[1];
  }
  return undefined;
}
