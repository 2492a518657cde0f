import { invalid } from '../validation.ts';

/* A cursor names the last item of a page. It is opaque to callers: `<milliseconds>.<id>` in base64url. */

export function writeCursor({ at, id }: { at: number; id: string | number }): string {
  return Buffer.from(`${at}.${id}`).toString('base64url');
}

/** Throws 400 for a cursor that is not ours, or is that of another list. */
export function readCursor(text: string, ids: RegExp = /^[0-9A-Za-z]{16}$/): { at: number; id: string } {
  const [, at, id] = /^(\d{1,16})\.(\w{1,32})$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (at === undefined || id === undefined || !ids.test(id)) {
    throw invalid('cursor', 'expected the next_cursor of a page');
  }
  return { at: Number(at), id };
}
