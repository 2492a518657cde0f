import { KeysError } from '../base/errors.ts';

/** An address of the API: a path below its base URL. */
export function urlBelow(base: URL, path: string): URL {
  return new URL(`${base.href.replace(/\/$/, '')}/${path.replace(/^\//, '')}`);
}

/** A page that the server names by a URL of its own. Throws `KeysError`: the token goes to no other origin. */
export function pageUrl(base: URL, nextUrl: string): URL {
  const page = URL.canParse(nextUrl, base.href) ? new URL(nextUrl, base) : undefined;
  if (page?.origin === base.origin) return page;
  throw new KeysError({
    code: 'foreign_page',
    message: page
      ? `the next page of the list is said to be at ${page.origin}, which is not ${base.origin}: it was not asked, and got no token`
      : 'the address of the next page of the list is not a URL: the list would not be whole',
    hints: ['check the URL of the profile: keys status'],
  });
}
