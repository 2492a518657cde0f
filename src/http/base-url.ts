import { usageError } from '../base/errors.ts';
import { maskSecrets } from '../base/secret.ts';
import { isLoopbackHost } from '../platform/loopback.ts';

/**
 * The base URL of an API. Throws `KeysError` (usage) that names every problem: not a URL, not http or https, credentials,
 * a query or a fragment, or http: to a host that is not loopback.
 */
export function parseBaseUrl(text: string): URL {
  // Anything before an @ or after a ? or # may be a secret, and is not repeated.
  const shownUrl = /[@?#]/.test(text) ? 'the URL' : `'${maskSecrets(text)}'`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw usageError(
      `${shownUrl} is not an http or https URL`,
      'write it in full, such as https://api.example.com or http://localhost:8787',
    );
  }
  const problems: string[] = [];
  if (url.username || url.password) problems.push('the URL contains a user name or a password');
  if (/[?#]/.test(url.href)) problems.push('the URL contains a query or a fragment');
  if (url.protocol === 'http:' && !isLoopback(url)) {
    problems.push('the URL uses http, which would send the session token in the clear to another machine');
  }
  if (problems.length > 0) {
    throw usageError(problems, 'write only scheme, host and path, such as https://api.example.com/v1');
  }
  return url;
}

/** Whether requests to this URL stay on this machine. */
export function isLoopback(url: URL): boolean {
  // URL has already normalised every spelling of an IPv4 address (127.1, 0x7f000001) to four decimal numbers.
  return isLoopbackHost(url.hostname);
}
