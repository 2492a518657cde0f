import { KeysError } from '../base/errors.ts';
import { Pages } from '../base/pages.ts';
import { callPages } from '../remote/call-pages.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { openApi } from './open-remote.ts';

export interface CalledItems {
  rows: AsyncIterable<object>;
  /** The fields of the items; empty if they are read as they are printed. */
  columns: readonly string[];
}

/**
 * The items of a list at a path of the API, of all its pages. As ndjson they are read as they are printed, else before
 * anything is: half a document is of no use.
 */
export async function calledItems(
  context: Context,
  connection: Connection,
  path: string,
  explain: (error: KeysError) => KeysError,
): Promise<CalledItems> {
  const { provider, url } = connection;
  const pages = explained(
    callPages({
      api: openApi(context, connection),
      provider,
      base: url,
      path,
      timeLimitMs: context.timeout * 20,
      onUnknownEnd: () =>
        context.warn(
          `there may be more: the response has no link to a next page, and ${provider.id} declares no pages for this path`,
        ),
    }),
    explain,
  );
  // Encoders print whatever an item is; only fields need objects.
  const { format = 'json', fields } = context.output;
  const prepared = fields || !/json/.test(format) ? asRecord : (item: unknown) => item as object;
  if (format === 'ndjson') return { rows: new Pages(eachOf(pages, prepared)), columns: [] };
  const rows: object[] = [];
  for await (const page of eachOf(pages, prepared)) rows.push(...page);
  return {
    rows: new Pages(atOnce(rows)),
    columns: [...new Set(rows.flatMap((row) => (isRecord(row) ? Object.keys(row) : [])))],
  };
}

async function* atOnce<T>(rows: T): AsyncGenerator<T> {
  yield rows;
}

async function* eachOf(
  pages: AsyncIterable<readonly unknown[]>,
  prepared: (item: unknown) => object,
): AsyncGenerator<object[]> {
  for await (const page of pages) yield page.map(prepared);
}

async function* explained<T>(
  pages: AsyncGenerator<T>,
  explain: (error: KeysError) => KeysError,
): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    throw error instanceof KeysError ? explain(error) : error;
  }
}

function isRecord(item: unknown): item is object {
  return typeof item === 'object' && item !== null && !Array.isArray(item);
}

function asRecord(item: unknown): object {
  return isRecord(item) ? item : { value: item };
}
