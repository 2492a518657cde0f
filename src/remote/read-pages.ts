import { createHash } from 'node:crypto';
import { KeysError } from '../base/errors.ts';
import { TextSet } from '../base/text-set.ts';
import type { HttpResponse } from '../http/response.ts';
import { monotonicMs } from '../platform/monotonic.ts';
import type { Path } from '../providers/declaration/field.ts';
import type { Paging } from '../providers/declaration/paging.ts';
import type { PageRequest } from './next-page.ts';
import { firstPage, nextPage } from './next-page.ts';
import type { Part } from './select.ts';
import { elements, missing, number, part, select } from './select.ts';

/** The last page of a list. */
export interface LastPage {
  answer: Part;
  /** How many pages were read, this one included. */
  pageCount: number;
  /** Where the answer has the items. */
  itemsAt: Path;
  headers: HttpResponse['headers'];
}

export interface PageReader {
  readPage: (page: PageRequest) => Promise<HttpResponse>;
  /** Tells items apart: one that came before is left out. Undefined for an item without an id, which is always new. */
  idOf?: (item: Part) => string | undefined;
  /** Where the ids of all pages are kept. */
  ids?: TextSet;
  onEnd?: (last: LastPage) => void;
  /** An empty object is an empty list. */
  isOmitted?: boolean;
  /** For all pages together. */
  timeLimitMs?: number | undefined;
  /** Characters of all pages together, if all items are kept. */
  maxLength?: number;
}

/** A list with more pages than this is endless. */
const maxPages = 10_000;

/** Characters of a list that is kept in memory: more than a million keys, or an endless list. */
export const defaultMaxListLength = 256 * 1024 * 1024;

/** This many pages in a row without a new item are no progress. */
const maxIdlePages = 10;

/**
 * The new items of a list, page by page as they are read. If a server repeats a page, either it ignores paging and had given
 * everything at once, or it is an error: a list with gaps must not pass for a complete one. Throws `KeysError` for an
 * endless list too.
 */
export async function* readPages(
  paging: Paging | undefined,
  itemsAt: Path,
  reader: PageReader,
): AsyncGenerator<Part[]> {
  const { readPage, idOf, onEnd, isOmitted = false } = reader;
  const progress = new Progress(reader);
  let request: PageRequest | undefined = firstPage(paging);
  while (request) {
    progress.startPage(request);
    const response: HttpResponse = await readPage(request);
    progress.addText(response.text);
    const answer = part(response.json());
    const items = isOmitted && isEmptyObject(answer) ? [] : itemsOf(answer, itemsAt);
    const { headers } = response;
    const page = { answer, itemsAt, headers, pageCount: progress.pageCount };
    const ids = idOf && items.map(idOf);
    const idCount = progress.idCount;
    const newItems = ids ? items.filter((_, index) => progress.isNew(ids[index])) : items;
    if (progress.isRepeat(items, ids, progress.idCount > idCount)) {
      if (
        !ignoresPaging(paging, items.length, progress.itemCount) &&
        !hasAll(paging, answer, progress.itemCount)
      )
        throw repeatedPage();
      return onEnd?.(page);
    }
    yield newItems;
    progress.endPage(items.length, newItems.length);
    request = paging && nextPage(paging, { request, response, answer, items, itemCount: progress.itemCount });
    if (!request) onEnd?.(page);
  }
}

/** The items of pages, one by one. */
export async function* itemsIn(pages: AsyncIterable<readonly Part[]>): AsyncGenerator<Part> {
  for await (const page of pages) yield* page;
}

/** What has been read so far, and whether it leads anywhere. */
class Progress {
  /** Items so far. */
  itemCount = 0;
  readonly #startedAt = monotonicMs();
  readonly #timeLimitMs: number;
  readonly #maxLength: number;
  readonly #requests = new Set<string>();
  readonly #ids: TextSet;
  /** The digests of pages. */
  readonly #contents = new Set<string>();
  /** Those of pages that no other page had to be compared with yet. */
  readonly #undigested: (() => string)[] = [];
  #length = 0;
  #idlePages = 0;

  constructor({ timeLimitMs = Infinity, maxLength = Infinity, ids = new TextSet() }: PageReader) {
    this.#ids = ids;
    this.#timeLimitMs = timeLimitMs;
    this.#maxLength = maxLength;
  }

  get pageCount(): number {
    return this.#requests.size;
  }

  get idCount(): number {
    return this.#ids.size;
  }

  startPage(request: PageRequest): void {
    const id = JSON.stringify(request);
    if (this.#requests.has(id)) throw repeatedPage();
    const pages = this.#requests.size;
    if (pages >= maxPages || monotonicMs() - this.#startedAt > this.#timeLimitMs) throw endless(pages);
    this.#requests.add(id);
  }

  addText(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#maxLength) throw endless(this.#requests.size);
  }

  /**
   * Whether an earlier page had the same items: those with the same ids are the same. A page with a new id is a
   * new page.
   */
  isRepeat(items: readonly Part[], ids: readonly (string | undefined)[] = [], hasNewId = false): boolean {
    const isFirst = this.pageCount === 1;
    const hasAllIds = ids.length > 0 && !ids.includes(undefined);
    const content = hasAllIds
      ? digestLater(ids)
      : digestLater(items.map(({ value }, at) => ids[at] ?? value));
    if (isFirst || (hasNewId && hasAllIds)) {
      this.#undigested.push(content);
      return false;
    }
    for (const earlier of this.#undigested.splice(0)) this.#contents.add(earlier());
    const digest = content();
    const isRepeat = items.length > 0 && this.#contents.has(digest);
    this.#contents.add(digest);
    return isRepeat;
  }

  isNew(id: string | undefined): boolean {
    return id === undefined || this.#ids.add(id);
  }

  endPage(count: number, newCount: number): void {
    this.itemCount += count;
    this.#idlePages = newCount > 0 ? 0 : this.#idlePages + 1;
    if (this.#idlePages > maxIdlePages) throw endless(this.#requests.size);
  }
}

/** Keeps nothing of a page but what is digested. */
function digestLater(items: readonly unknown[]): () => string {
  return () => createHash('sha256').update(JSON.stringify(items)).digest('hex');
}

function itemsOf(answer: Part, path: Path): Part[] {
  const list = select(answer, path);
  if (!list) throw missing(answer, `list ${[path].flat().join(' or ')}`);
  return elements(list);
}

function isEmptyObject({ value }: Part): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** The total says that no item is missing. */
function hasAll(paging: Paging | undefined, answer: Part, itemCount: number): boolean {
  const total = paging && 'total' in paging && paging.total !== undefined && select(answer, paging.total);
  return total ? itemCount >= number(total) : false;
}

/** A server without paging returns more than was asked for, and then the same again. */
function ignoresPaging(paging: Paging | undefined, count: number, itemCount: number): boolean {
  return paging !== undefined && 'size' in paging && count === itemCount && count > (paging.size ?? Infinity);
}

function repeatedPage(): KeysError {
  return new KeysError({
    code: 'page_repeated',
    message: 'the server returned the same page twice, so the list would be incomplete',
    hints: ['look at the traffic: --debug'],
  });
}

function endless(pages: number): KeysError {
  return new KeysError({
    code: 'list_endless',
    message: `the list did not end after ${pages} pages, so keys stopped reading it`,
    hints: ['look at the traffic: --debug', 'allow more time with --timeout 2min'],
  });
}
