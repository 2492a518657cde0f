import type { ErrorCode } from '../base/error-codes.ts';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { HttpResponse } from '../http/response.ts';
import { secretVariable } from '../platform/env.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { explainFailure } from './explain-failure.ts';

interface StatusMeaning {
  code: ErrorCode;
  message: string;
  hints?: readonly string[];
}

/** What each HTTP status means. */
const meanings: Readonly<Record<number, StatusMeaning>> = {
  400: { code: 'rejected', message: 'the API rejected the request' },
  402: { code: 'budget', message: 'the budget of the account is spent' },
  403: { code: 'forbidden', message: 'the session token does not allow this' },
  404: { code: 'no_such_key', message: 'the API has nothing at this address' },
  409: { code: 'conflict', message: 'the API reports a conflict' },
  422: { code: 'rejected', message: 'the API rejected the request' },
  429: { code: 'rate_limited', message: 'the rate limit of the API is reached' },
};

/** Error codes that say that the account cannot have more keys. */
const keyLimitCodes = /KEY_?LIMIT|LIMIT_?EXCEEDED|MAX_KEYS|QUOTA/i;

/** What an error message needs besides the response. */
export interface ErrorContext {
  provider: Provider;
  /** Name of the profile, for hints. */
  profile: string;
  /** Secrets that were sent; they are masked if the response repeats them. */
  sentSecrets: readonly Secret[];
  /** Names of secrets that the call carried besides the session token, such as a password. */
  secrets?: readonly string[];
  /** The answer to the call has no secret: it may be quoted whatever its form is. */
  mayQuote?: boolean;
  /** The API has accepted the session token before. */
  isAccepted?: boolean;
}

/** The error for a response with a status of failure; undefined for a success. */
export function apiErrorOf(response: HttpResponse, telling: ErrorContext): KeysError | undefined {
  if (response.status >= 200 && response.status < 300) return undefined;
  return errorFor(response, telling, meaningOf(response.status, telling));
}

function meaningOf(status: number, telling: ErrorContext): StatusMeaning {
  if (status === 401) return refusedCredential(telling);
  return (
    meanings[status] ?? {
      code: status >= 500 ? 'server_failed' : 'rejected',
      message: `the API answered with HTTP status ${status}`,
    }
  );
}

/** The error for a 2xx response that is a failure; `status` is the HTTP status that its body gives, if any. */
export function refusalErrorOf(
  response: HttpResponse,
  telling: ErrorContext,
  status: number | undefined,
): KeysError {
  const refusal = { code: 'rejected', message: 'the API refused the request' } as const;
  return errorFor(response, telling, status === undefined ? refusal : meaningOf(status, telling));
}

function errorFor(
  response: HttpResponse,
  { provider, profile, sentSecrets, mayQuote = false }: ErrorContext,
  meaning: StatusMeaning,
): KeysError {
  const hide = hiding(sentSecrets);
  const isFailure = response.status >= 400;
  const { message, code } = reasonGivenIn(response, {
    provider,
    sentSecrets,
    mayQuote: mayQuote || isFailure,
  });
  const isKeyLimit = meaning.code !== 'rate_limited' && code !== undefined && keyLimitCodes.test(code);
  const { requestId } = response;
  const summary = isKeyLimit ? 'the account has reached its maximum number of keys' : meaning.message;
  return new KeysError({
    code: isKeyLimit ? 'key_limit' : meaning.code,
    message: `${[summary, message].filter(Boolean).join(': ')}${code === undefined ? '' : ` (${code})`}`,
    hints: meaning.hints ?? hintsFor(isKeyLimit ? 'key_limit' : meaning.code, profile, response.retryAfter),
    httpStatus: response.status,
    ...(requestId !== undefined && { requestId: hide(requestId) }),
  });
}

/** The error for a 404 that is not about one key: the URL, or a setting in it, is wrong. */
export function notThisApi(
  response: HttpResponse,
  { provider, sentSecrets }: ErrorContext,
  { url, options }: { url: URL; options: Readonly<Record<string, string>> },
): KeysError {
  const { message } = reasonGivenIn(response, { provider, sentSecrets });
  const reason = message === undefined ? 'there is no such API' : `the API answered 404, ${message},`;
  const settings = Object.entries(options).map(([name, value]) => `--option ${name}=${value}`);
  return new KeysError({
    code: 'not_this_api',
    message: `${reason} at ${url.href}${settings.length > 0 ? ` with ${settings.join(' ')}` : ''}`,
    hints: [
      ...(settings.length > 0 ? ['check the settings of the profile: keys status'] : []),
      'check the URL of the profile: keys profile list',
      'look at the traffic: --debug',
    ],
    httpStatus: response.status,
  });
}

/** The reason that a failed response gives, without the secrets that were sent. */
export function reasonGivenIn(
  response: HttpResponse,
  { provider, sentSecrets, mayQuote }: Pick<ErrorContext, 'provider' | 'sentSecrets' | 'mayQuote'>,
): { message?: string; code?: string } {
  // A 404 has no new secret in it.
  return explainFailure(response, provider, hiding(sentSecrets), mayQuote || response.status === 404);
}

function hiding(sentSecrets: readonly Secret[]): (text: string) => string {
  return (text) => sentSecrets.reduce((maskedText, secret) => secret.hideIn(maskedText), text);
}

/** A 401 to a call that carries another secret may be about either. */
function refusedCredential({ secrets = [], isAccepted = false }: ErrorContext): StatusMeaning {
  if (secrets.length === 0) {
    return { code: 'not_logged_in', message: 'the API does not accept the session token' };
  }
  const names = secrets.join(' and the ');
  const variables = secrets.map(secretVariable).join(', ');
  return {
    code: 'secret_refused',
    message: isAccepted
      ? `the API does not accept the ${names}`
      : `the API does not accept the ${names} or the session token`,
    hints: [`check the ${names} (${variables})`, ...(isAccepted ? [] : ['keys status'])],
  };
}

function hintsFor(code: string, profile: string, retryAfter: number | undefined): string[] {
  if (code === 'rate_limited') {
    return [
      // The server is still refusing, so zero seconds, or a date in the past, says nothing.
      retryAfter
        ? `run the command again in ${waitInWords(retryAfter)}`
        : 'the API gives no time: wait a minute or more, then run the command again',
    ];
  }
  if (code === 'not_logged_in') return [`keys login --profile ${profile}`, 'or set KEYS_TOKEN'];
  if (code === 'forbidden') return [`keys status --profile ${profile}`];
  if (code === 'key_limit') return ['keys list', 'revoke a key that you no longer need: keys revoke <key>'];
  return [];
}

function waitInWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.ceil(whole / 60)} min` : `${Math.ceil(whole / 3600)} h`;
}
