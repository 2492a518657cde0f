import { invalid } from '../validation.ts';

/* A cursor names the last item of a page. It is opaque to callers: `<milliseconds>.<id>` in base64url. */

export function writeCursor({ at, id }: { at: number; id: string | number }): string {
  return Buffer.from(`${at}.${id}`).toString('base64url');
}

/** Throws 400 for what is no cursor of ours. */
export function readCursor(text: string): { at: number; id: string } {
  const [, at, id] =
    /^(\d{1,16})\.([0-9A-Za-z]{1,32})$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (at === undefined || id === undefined) throw invalid('cursor', 'expected the next_cursor of a page');
  return { at: Number(at), id };
}
