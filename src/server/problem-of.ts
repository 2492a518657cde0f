import { mayPass } from '../authority/store/may-pass.ts';
import { KeysError } from '../base/errors.ts';
import { maskSecrets } from '../base/secret.ts';
import { HttpProblem } from '../gateway/http-problem.ts';

const unavailable = [503, 'AUTHORITY_UNAVAILABLE'] as const;

/** The HTTP status and the code of what the authority refuses. */
const authorityProblems: Readonly<Record<string, readonly [status: number, code: string]>> = {
  no_such_key: [404, 'KEY_NOT_FOUND'],
  no_such_session: [404, 'SESSION_NOT_FOUND'],
  session_limit: [403, 'SESSION_LIMIT_REACHED'],
  no_such_user: [404, 'USER_NOT_FOUND'],
  invalid_key: [400, 'VALIDATION_FAILED'],
  ceiling_exceeded: [403, 'CEILING_EXCEEDED'],
  key_revoked: [409, 'KEY_REVOKED'],
  key_rotated: [409, 'KEY_ROTATED'],
  key_exists: [409, 'KEY_ALREADY_EXISTS'],
  key_limit: [403, 'KEY_LIMIT_REACHED'],
  model_not_entitled: [403, 'MODEL_NOT_ENTITLED'],
  idempotency_key_reused: [422, 'IDEMPOTENCY_KEY_REUSED'],
  authority_busy: [503, 'AUTHORITY_BUSY'],
  authority_gone: unavailable,
  authority_missing: unavailable,
  authority_unreachable: unavailable,
  authority_login_failed: unavailable,
  // It may have happened: no caller may conclude from this that it has not.
  reply_lost: [504, 'OUTCOME_UNKNOWN'],
};

/** The codes of what Fastify itself refuses. */
const fastifyProblems: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'VALIDATION_FAILED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'VALIDATION_FAILED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'VALIDATION_FAILED',
};

/** Who is told what callers are not. */
export interface Operator {
  /** Receives unexpected errors. */
  onBug: (error: unknown) => void;
  /** Receives why the database cannot be used at the moment, for each request that needs it. */
  onUnavailable?: (error: KeysError) => void;
}

/** As `problemOf`; tells an operator the cause of an answer that does not contain it. */
export function reportedProblemOf(error: unknown, { onBug, onUnavailable }: Operator): HttpProblem {
  const problem = problemOf(error);
  if (problem.status === 500) onBug(error);
  if (error instanceof KeysError && problem.code === unavailable[1]) onUnavailable?.(error);
  return problem;
}

/** The answer to anything thrown while a request was handled. A bug reveals nothing of itself to the caller. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof KeysError) return authorityProblem(error);
  const { code, statusCode, message } = fastifyError(error);
  if (statusCode >= 500) return new HttpProblem(500, 'INTERNAL_ERROR', 'an internal error occurred');
  const problemCode = fastifyProblems[code] ?? (/JSON/.test(message) ? 'VALIDATION_FAILED' : 'BAD_REQUEST');
  return new HttpProblem(statusCode, problemCode, maskSecrets(message));
}

function authorityProblem(error: KeysError): HttpProblem {
  const { code, message } = error.failure;
  const unusableStatus = mayPass(error) ? unavailable : ([500, 'AUTHORITY_UNUSABLE'] as const);
  const [status, problemCode] = authorityProblems[code] ?? unusableStatus;
  if (status < 500) return new HttpProblem(status, problemCode, message);
  const unusable = 'the authority cannot use its database at the moment';
  return new HttpProblem(status, problemCode, unusable, {}, { 'retry-after': '1' });
}

function fastifyError(error: unknown): { code: string; statusCode: number; message: string } {
  if (!(error instanceof Error)) return { code: '', statusCode: 500, message: '' };
  return { code: '', statusCode: 500, ...error, message: error.message };
}
