/**
 * How many seconds a server asks the client to wait, from the headers of a 429 or 503; undefined if it does not say.
 * Never negative; fractions are kept. A header that is not valid is skipped for the next one:
 *
 * - `Retry-After`: seconds or an HTTP date (RFC 9110 section 10.2.3)
 * - `X-Retry-After`: seconds (the api-key plugin of better-auth)
 * - `Ratelimit: "default";r=0;t=30`: seconds, from the policies with nothing remaining
 *   (draft-ietf-httpapi-ratelimit-headers-10 section 4)
 * - `RateLimit-Reset`, `X-RateLimit-Reset`: seconds from now (Resend, Unkey, Datadog), seconds since 1970 (GitLab,
 *   SendGrid) or milliseconds since 1970 (OpenRouter), told apart by their size
 *
 * The last two say when a limit is renewed, not when a server has recovered, so they count only with a 429.
 */
export function retryHint(
  status: number,
  headers: Readonly<Record<string, string>>,
  now: Date,
): number | undefined {
  const hint = retryAfter(headers, now);
  if (hint !== undefined || status !== 429) return hint;
  return (
    exhaustedPolicy(headers.ratelimit) ??
    reset(headers['ratelimit-reset'], now) ??
    reset(headers['x-ratelimit-reset'], now)
  );
}

/** As `retryHint`, but only from `Retry-After` and `X-Retry-After`, which are about this request. */
export function retryAfter(headers: Readonly<Record<string, string>>, now: Date): number | undefined {
  const text = headers['retry-after'];
  return number(text) ?? date(text, now) ?? number(headers['x-retry-after']);
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,15}(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function date(text: string | undefined, now: Date): number | undefined {
  // Every HTTP date begins with the day of the week; Date.parse alone would also read "-5" or "2".
  if (text === undefined || !/^\s*(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  // The oldest of the three forms ends with the year; it is UTC too.
  const moment = Date.parse(/\s\d{4}\s*$/.test(text) ? `${text} GMT` : text);
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - now.getTime()) / 1000);
}

function reset(text: string | undefined, now: Date): number | undefined {
  const value = number(text);
  if (value === undefined || value <= 1e9) return value;
  const moment = value > 1e12 ? value : value * 1000;
  return Math.max(0, (moment - now.getTime()) / 1000);
}

function exhaustedPolicy(text: string | undefined): number | undefined {
  const policies = (text ?? '').split(',').filter((policy) => /;\s*r=0\b/.test(policy));
  const waits = policies.flatMap((policy) => number(/;\s*t=(\d+)/.exec(policy)?.[1]) ?? []);
  return waits.length > 0 ? Math.max(...waits) : undefined;
}
