import { KeysError } from '../base/errors.ts';
import { maskSecrets } from '../base/secret.ts';

/** A failure as an HTTP answer. */
export interface Fault {
  status: number;
  /** For programs, in capitals. */
  code: string;
  message: string;
  details: Readonly<Record<string, string | number>>;
  headers?: Readonly<Record<string, string>>;
}

/** A failure that a route throws. */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly fault: Fault;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Fault['details'] = {},
    headers: Fault['headers'] = {},
  ) {
    super(message);
    this.fault = { status, code, message, details, headers };
  }
}

/** The HTTP status and the code of what the authority refuses. */
const meanings: Readonly<Record<string, readonly [status: number, code: string]>> = {
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
  authority_gone: [503, 'AUTHORITY_UNAVAILABLE'],
  authority_missing: [503, 'AUTHORITY_UNAVAILABLE'],
};

/** What Fastify itself refuses. */
const requestFaults: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'VALIDATION_FAILED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'VALIDATION_FAILED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'VALIDATION_FAILED',
};

/** Anything thrown while a request was answered. What nobody expected says nothing of itself to the caller. */
export function faultOf(error: unknown): Fault {
  if (error instanceof HttpFault) return error.fault;
  if (error instanceof KeysError) {
    const { code, message } = error.failure;
    const [status, name] = meanings[code] ?? [500, 'AUTHORITY_UNUSABLE'];
    const isOurs = status >= 500;
    return {
      status,
      code: name,
      message: isOurs ? 'the authority cannot use its database now' : message,
      details: {},
      ...(isOurs && { headers: { 'retry-after': '1' } }),
    };
  }
  const {
    code = '',
    statusCode = 500,
    message = '',
  } = error as {
    code?: string;
    statusCode?: number;
    message?: string;
  };
  if (statusCode >= 500) {
    return {
      status: 500,
      code: 'INTERNAL_ERROR',
      message: 'something failed that nobody expected',
      details: {},
    };
  }
  const known = requestFaults[code] ?? (/JSON/.test(message) ? 'VALIDATION_FAILED' : 'BAD_REQUEST');
  return { status: statusCode, code: known, message: maskSecrets(message), details: {} };
}

/** The envelope of the generic guide. */
export function envelope({ code, message, details }: Fault): object {
  return { success: false, error: { code, message, details } };
}
