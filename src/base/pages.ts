/**
 * Rows that arrive some at a time. Who prints many of them takes them page by page: a generator in between takes as long
 * for each row as writing it.
 */
export class Pages<Row> implements AsyncIterable<Row> {
  readonly pages: AsyncIterable<readonly Row[]>;

  constructor(pages: AsyncIterable<readonly Row[]>) {
    this.pages = pages;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Row> {
    for await (const page of this.pages) yield* page;
  }
}

/** Rows as pages, in which each row comes no later than by itself. */
export function pagesOf<Row>(
  rows: Iterable<Row> | AsyncIterable<Row>,
): Iterable<readonly Row[]> | AsyncIterable<readonly Row[]> {
  if (rows instanceof Pages) return rows.pages as AsyncIterable<readonly Row[]>;
  return Array.isArray(rows) ? [rows] : singly(rows);
}

async function* singly<Row>(rows: Iterable<Row> | AsyncIterable<Row>): AsyncGenerator<readonly Row[]> {
  for await (const row of rows) yield [row];
}
