import { KeysError } from '../base/errors.ts';

/** The URL of a path below the base URL of the API. */
export function urlBelow(base: URL, path: string): URL {
  return new URL(`${base.href.replace(/\/$/, '')}/${path.replace(/^\//, '')}`);
}

/** A page whose URL the server gives. Throws `KeysError` for another origin, which must not get the token. */
export function pageUrl(base: URL, nextUrl: string): URL {
  const page = URL.canParse(nextUrl, base.href) ? new URL(nextUrl, base) : undefined;
  if (page?.origin === base.origin) return page;
  throw new KeysError({
    code: 'foreign_page',
    message: page
      ? `the next page of the list is at ${page.origin}, not at ${base.origin}; it was not requested, and the session token was not sent there`
      : 'the address of the next page is not a URL, so the list would be incomplete',
    hints: ['check the URL of the profile: keys status'],
  });
}
