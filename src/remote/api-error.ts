import type { ErrorCode } from '../base/error-codes.ts';
import { KeysError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import { explainFailure } from './explain-failure.ts';

interface StatusMeaning {
  code: ErrorCode;
  message: string;
  hints?: readonly string[];
}

/** What an HTTP status means for the user. */
const meanings: Readonly<Record<number, StatusMeaning>> = {
  400: { code: 'rejected', message: 'the API rejected the request' },
  402: { code: 'budget', message: 'the budget of the account is spent' },
  403: { code: 'forbidden', message: 'the session token may not do this' },
  404: { code: 'no_such_key', message: 'the API has nothing at this address' },
  409: { code: 'conflict', message: 'the API reports a conflict' },
  422: { code: 'rejected', message: 'the API rejected the request' },
  429: { code: 'rate_limited', message: 'the rate limit of the API is reached' },
};

/** Codes with which an API says that no further key may be made. */
const keyLimitCodes = /KEY_?LIMIT|LIMIT_EXCEEDED|MAX_KEYS|QUOTA/i;

/** What a failure is told with. */
export interface ErrorContext {
  provider: Provider;
  /** Name of the profile, for hints. */
  profile: string;
  /** Secrets that were sent, and are not repeated from the answer. */
  sent: readonly Secret[];
  /** Names of those that the call carried beside the session token, such as a password. */
  secrets?: readonly string[];
  /** The API has accepted the session token before. */
  isAccepted?: boolean;
}

/** The failure that an answer stands for; undefined for a success. */
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

/** A refusal by an answer whose status is that of a success; `status` is the one that it stands for, where it says so. */
export function refusalErrorOf(
  response: HttpResponse,
  telling: ErrorContext,
  status: number | undefined,
): KeysError {
  const refused = { code: 'rejected', message: 'the API refused the request' } as const;
  return errorFor(response, telling, status === undefined ? refused : meaningOf(status, telling));
}

function errorFor(
  response: HttpResponse,
  { provider, profile, sent }: ErrorContext,
  meaning: StatusMeaning,
): KeysError {
  const hide = hiding(sent);
  const { message, code } = reasonGivenIn(response, { provider, sent });
  const isKeyLimit = meaning.code !== 'rate_limited' && code !== undefined && keyLimitCodes.test(code);
  const { requestId } = response;
  const what = isKeyLimit ? 'the account has as many keys as the API allows' : meaning.message;
  return new KeysError({
    code: isKeyLimit ? 'key_limit' : meaning.code,
    message: `${[what, message].filter(Boolean).join(': ')}${code === undefined ? '' : ` (${code})`}`,
    hints: meaning.hints ?? hintsFor(isKeyLimit ? 'key_limit' : meaning.code, profile, response.retryAfter),
    httpStatus: response.status,
    ...(requestId !== undefined && { requestId: hide(requestId) }),
  });
}

/** A 404 for what is no single key: an address that is wrong, in the URL or in a setting. */
export function notThisApi(
  response: HttpResponse,
  { provider, sent }: ErrorContext,
  { url, options }: { url: URL; options: Readonly<Record<string, string>> },
): KeysError {
  const { message } = reasonGivenIn(response, { provider, sent });
  const reason = message === undefined ? 'there is no such API' : `the API answered 404, ${message},`;
  const settings = Object.entries(options).map(([name, value]) => `--option ${name}=${value}`);
  return new KeysError({
    code: 'not_this_api',
    message: `${reason} at ${url.href}${settings.length > 0 ? ` with ${settings.join(' ')}` : ''}`,
    hints: [
      ...(settings.length > 0 ? ['check the setting of the profile: keys status'] : []),
      'check the URL of the profile: keys profile list',
      'look at the traffic: --debug',
    ],
    httpStatus: response.status,
  });
}

/** What an answer says of its failure, without what was sent. */
export function reasonGivenIn(
  response: HttpResponse,
  { provider, sent }: Pick<ErrorContext, 'provider' | 'sent'>,
): { message?: string; code?: string } {
  return explainFailure(response, provider, hiding(sent));
}

function hiding(sent: readonly Secret[]): (text: string) => string {
  return (text) => sent.reduce((hidden, secret) => secret.hideIn(hidden), text);
}

/** A 401 to a call that carries another secret, too, may be about that one. */
function refusedCredential({ secrets = [], isAccepted = false }: ErrorContext): StatusMeaning {
  if (secrets.length === 0) {
    return { code: 'not_logged_in', message: 'the API does not accept the session token' };
  }
  const names = secrets.join(' and the ');
  const variables = secrets.map((name) => `KEYS_${name.toUpperCase()}`).join(', ');
  return {
    code: 'secret_refused',
    message: isAccepted
      ? `the API does not accept the ${names}`
      : `the API does not accept the ${names}, or not the session token`,
    hints: [`check the ${names} (${variables})`, ...(isAccepted ? [] : ['keys status'])],
  };
}

function hintsFor(code: string, profile: string, retryAfter: number | undefined): string[] {
  if (code === 'rate_limited') {
    return [
      retryAfter === undefined
        ? 'the API does not say for how long: wait a minute or more, then run the command again'
        : `run the command again in ${waitInWords(retryAfter)}`,
    ];
  }
  if (code === 'not_logged_in') return [`keys login --profile ${profile}`, 'or set KEYS_TOKEN'];
  if (code === 'forbidden') return [`keys status --profile ${profile}`];
  if (code === 'key_limit') return ['keys list', 'revoke a key that is no longer needed: keys revoke <key>'];
  return [];
}

function waitInWords(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.ceil(whole / 60)} min` : `${Math.ceil(whole / 3600)} h`;
}
