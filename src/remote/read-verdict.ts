import { KeysError } from '../base/errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Reason, Verdict } from '../keys/verdict.ts';
import type { VerdictRule, Verification } from '../providers/declaration/verification.ts';
import { parseJson } from './explain-failure.ts';
import { isFailureBody, meets, statusInBody } from './failure-body.ts';
import type { Part } from './select.ts';
import { elements, part, select } from './select.ts';

const defaultReading: Readonly<Record<number, Reason>> = {
  401: 'invalid',
  402: 'budget',
  403: 'forbidden',
  429: 'rate-limited',
};

/** Error codes of some APIs that are more exact than the status. */
const codes = new Map<string, Reason>([
  ['EXPIRED_API_KEY', 'expired'],
  ['REVOKED_API_KEY', 'revoked'],
  ['DISABLED_API_KEY', 'forbidden'],
  ['MODEL_NOT_ALLOWED', 'forbidden'],
  ['MODEL_NOT_ENTITLED', 'forbidden'],
  ['NO_MODELS', 'no-models'],
]);

/**
 * What a harmless call made with a key, or about it, says about the key. If the server cannot be reached, nothing. Throws
 * `KeysError` for a failure that is about the session token: `failureOf` a response.
 */
export async function readVerdict(
  verification: Verification,
  ask: () => Promise<HttpResponse>,
  failureOf: (response: HttpResponse) => KeysError | undefined,
): Promise<Verdict> {
  let response: HttpResponse;
  try {
    response = await ask();
  } catch (error) {
    if (error instanceof KeysError && error.failure.exit === 'network') return verdict('unreachable', null);
    throw error;
  }
  const { status } = response;
  if (status >= 200 && status < 300) {
    // A web page is no answer, whatever its status: json() refuses it.
    const answer = part(response.json());
    const reason = reasonIn(verification, response, answer);
    return { ...verdict(reason, status), ...(reason === 'ok' && modelsIn(verification, answer)) };
  }
  const reason = reasonInFailure(verification, response);
  if (reason !== undefined) return verdict(reason, status);
  if (status >= 500) return verdict('unreachable', status);
  if (verification.credential === 'session') throw failureOf(response) ?? new Error('a success');
  throw new KeysError({
    code: 'not_this_api',
    message: `the API answered with HTTP status ${status}, which says nothing about the key`,
    hints: ['check the URL of the profile: keys status'],
    httpStatus: status,
  });
}

/**
 * What a 2xx response says about the key. Some APIs give everyone a success, so it only counts with something that they
 * would not tell a stranger.
 */
function reasonIn(
  { models, id, requires, verdict: rules, ...content }: Verification,
  response: HttpResponse,
  answer: Part,
): Reason {
  const declaredReason = reasonByRules(rules, response.status, answer);
  if (declaredReason !== undefined) return declaredReason;
  if (isFailureBody(response, content)) return readingOf(statusInBody(response)) ?? 'invalid';
  if (meets(answer, { at: 'valid', is: false })) return codes.get(codeIn(response)) ?? 'invalid';
  const proofs = [requires, id].filter((path) => path !== undefined);
  if (proofs.some((path) => !meets(answer, { at: path }))) return 'invalid';
  if (models !== undefined && !select(answer, models)) return 'invalid';
  if (proofs.length > 0 || models !== undefined) return 'ok';
  return rules !== undefined || isEmpty(answer.value) ? 'invalid' : 'ok';
}

/** What a failure says about the key; undefined: nothing. With the session token, its status is about that. */
function reasonInFailure(
  { verdict: rules, reading, credential }: Verification,
  response: HttpResponse,
): Reason | undefined {
  const { status } = response;
  const ruled = reasonByRules(rules, status, part(parseJson(response.text)));
  const declaredReason = ruled ?? reading?.[String(status)];
  if (credential === 'session') return declaredReason;
  return ruled ?? codes.get(codeIn(response)) ?? declaredReason ?? defaultReading[status];
}

/** What the first rule says that is for a response; undefined if none is. */
function reasonByRules(rules: Verification['verdict'], status: number, answer: Part): Reason | undefined {
  const isSuccess = status >= 200 && status < 300;
  const isFor = (rule: VerdictRule) =>
    (rule.status === undefined ? isSuccess : rule.status === status) &&
    (rule.when === undefined || meets(answer, rule.when));
  const rule = [rules ?? []].flat().find(isFor);
  if (!rule) return undefined;
  if ('means' in rule) return rule.means;
  const word = String(select(answer, rule.at)?.value);
  return (Object.hasOwn(rule.words, word) ? rule.words[word] : undefined) ?? 'invalid';
}

function readingOf(status: number | undefined): Reason | undefined {
  if (status === undefined) return undefined;
  return defaultReading[status] ?? (status >= 500 ? 'unreachable' : undefined);
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** A key at one of its limits is still valid. */
const validReasons = new Set<Reason>(['ok', 'no-models', 'budget', 'rate-limited']);

function verdict(reason: Reason, httpStatus: number | null): Verdict {
  return { valid: validReasons.has(reason), reason, httpStatus };
}

function modelsIn({ models }: Verification, answer: Part): { models?: string[] } {
  const list = models === undefined ? undefined : select(answer, models);
  // Null: every model, including future ones.
  if (!list || list.value === null) return {};
  return {
    models: elements(list)
      .flatMap((item) => select(item, ['id', ''])?.value)
      .filter((id) => typeof id === 'string'),
  };
}

function codeIn(response: HttpResponse): string {
  try {
    return String(select(part(response.json()), ['error.code', 'code'])?.value ?? '');
  } catch {
    return '';
  }
}
