import type { ExitName } from '../errors.ts';
import { KeysError } from '../errors.ts';
import type { HttpResponse } from '../http/client.ts';
import type { Secret } from '../secret.ts';
import { maskSecrets } from '../secret.ts';
import type { Path, Provider } from './provider.ts';
import { part, select } from './select.ts';

/** Where messages and codes stand in the error envelopes of most APIs. */
const usualMessages = [
  'error.message',
  'error.detail',
  'message',
  'error',
  'detail',
  'errors.0.message',
  'errors.0',
];
const usualCodes = ['error.code', 'code', 'name', 'error.type', 'type'];

/** What an HTTP status means for the user. */
const meanings: Readonly<Record<number, { exit: ExitName; code: string; message: string }>> = {
  400: { exit: 'failed', code: 'rejected', message: 'the API rejected the request' },
  401: { exit: 'auth', code: 'not_logged_in', message: 'the API does not accept the session token' },
  402: { exit: 'limit', code: 'budget', message: 'the budget of the account is spent' },
  403: { exit: 'auth', code: 'forbidden', message: 'the session token may not do this' },
  404: { exit: 'notFound', code: 'no_such_key', message: 'the API has nothing at this address' },
  409: { exit: 'limit', code: 'conflict', message: 'the API reports a conflict' },
  422: { exit: 'failed', code: 'rejected', message: 'the API rejected the request' },
  429: { exit: 'limit', code: 'rate_limited', message: 'the rate limit of the API is reached' },
};

/** Codes with which an API says that no further key may be made. */
const keyLimitCodes = /KEY_?LIMIT|LIMIT_EXCEEDED|MAX_KEYS|QUOTA/i;

/** The failure that an answer stands for; undefined for a success. Secrets that were `sent` are not repeated from it. */
export function failureOf(
  response: HttpResponse,
  provider: Provider,
  profile: string,
  sent: readonly Secret[],
): KeysError | undefined {
  if (response.status >= 200 && response.status < 300) return undefined;
  const hide = (text: string) => sent.reduce((hidden, secret) => secret.hideIn(hidden), text);
  const { message, code } = explanation(response, provider, hide);
  const meaning = meanings[response.status] ?? {
    exit: response.status >= 500 ? ('network' as const) : ('failed' as const),
    code: response.status >= 500 ? 'server_failed' : 'rejected',
    message: `the API answered with HTTP status ${response.status}`,
  };
  const isKeyLimit = response.status !== 429 && code !== undefined && keyLimitCodes.test(code);
  const { requestId } = response;
  return new KeysError({
    ...meaning,
    ...(isKeyLimit && { exit: 'limit' as const, code: 'key_limit' }),
    message: `${[isKeyLimit ? 'the account has as many keys as the API allows' : meaning.message, message].filter(Boolean).join(': ')}${code === undefined ? '' : ` (${code})`}`,
    hints: hintsFor(isKeyLimit ? 'key_limit' : meaning.code, profile, response.headers['retry-after']),
    httpStatus: response.status,
    ...(requestId !== undefined && { requestId: hide(requestId) }),
  });
}

function hintsFor(code: string, profile: string, retryAfter: string | undefined): string[] {
  if (code === 'rate_limited' && retryAfter !== undefined) {
    return [/^\d+$/.test(retryAfter) ? `come back in ${retryAfter} s` : `come back at ${retryAfter}`];
  }
  if (code === 'not_logged_in') return [`keys login --profile ${profile}`, 'or set KEYS_TOKEN'];
  if (code === 'forbidden') return [`keys status --profile ${profile}`];
  if (code === 'key_limit') return ['keys list', 'revoke a key that is no longer needed: keys revoke <key>'];
  return [];
}

const longestExplanation = 300;

/** More of an answer than this is not even looked through for secrets. */
const longestLook = 4000;

/** What the body says of the failure. An HTML page or a plain text is not repeated: it may be anybody's. */
function explanation(
  response: HttpResponse,
  provider: Provider,
  hide: (text: string) => string,
): { message?: string; code?: string } {
  let body: unknown;
  try {
    body = response.json();
  } catch {
    return {};
  }
  const first = (paths: Path): string | undefined => {
    const found = (typeof paths === 'string' ? [paths] : paths)
      .map((path) => select(part(body), path)?.value)
      .find((value) => typeof value === 'string' || typeof value === 'number' || isPlain(value));
    if (found === undefined) return undefined;
    return maskSecrets(hide(written(found).slice(0, longestLook))).slice(0, longestExplanation);
  };
  const message = first(provider.errors?.message ?? usualMessages);
  const code = first(provider.errors?.code ?? usualCodes);
  return {
    ...(message !== undefined && { message }),
    ...(code !== undefined && code !== message && { code }),
  };
}

/** `{name: ["is taken"]}`, as some APIs explain. */
function isPlain(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value)
      .flat()
      .every((one) => typeof one === 'string')
  );
}

function written(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.join('; ');
  return Object.entries(value)
    .map(([name, reasons]) => `${name} ${[reasons].flat().join(', ')}`)
    .join('; ');
}
