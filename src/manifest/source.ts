import type { Alias, Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Fault, Path, Position } from './fault.ts';
import { shownPath } from './fault.ts';
import { syntaxMessage } from './syntax-message.ts';

/*
 * YAML 1.2 as plain data, with the place of each value. Anchors and merge keys are followed here, under a limit on how much
 * they may amount to: a few lines of them can stand for more values than any memory holds.
 */

/** What a text says, and where it says so. */
export interface Source {
  /** Objects, lists, texts, numbers, booleans and null; undefined if it cannot be read. */
  data: unknown;
  faults: Fault[];
  /** Where a value is; that of the closest field around it for one that is not there. */
  positionOf(path: Path): Position;
  /** Where the name of a field is. */
  positionOfName(path: Path): Position;
}

const maxValues = 100_000;
const maxDepth = 50;

export function parseSource(text: string): Source {
  const lines = new LineCounter();
  if (mayExhaust(text)) return new Reader(lines).refused(tooDeep);
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  return new Reader(lines).read('empty' in documents ? [] : documents);
}

const tooDeep = `is nested more than ${maxDepth} levels deep, or refers to itself`;
const tooLarge = `stands for more than ${maxValues} values; use fewer aliases`;

const maxIndent = 200;
const maxOpenBrackets = 200;

/**
 * Whether the parser of the library, which calls itself for each level, might not survive a text: by what its lines begin
 * with, and by its brackets, those in texts included.
 */
function mayExhaust(text: string): boolean {
  if (new RegExp(`^[-?: \\t]{${maxIndent}}`, 'm').test(text)) return true;
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket === '[' || bracket === '{' ? 1 : -1));
    if (depth > maxOpenBrackets) return true;
  }
  return false;
}

/** Ends the reading of a file that is too much to read. */
class TooMuch extends Error {}

class Reader implements Source {
  data: unknown;
  readonly faults: Fault[] = [];
  readonly #lines: LineCounter;
  readonly #values = new Map<string, Position>();
  readonly #names = new Map<string, Position>();
  #targets: ReadonlyMap<Alias, Node> = new Map();
  #valueCount = 0;
  #mergeDepth = 0;
  #lacksAnchor = false;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  read(documents: readonly Document[]): this {
    const [document, next] = documents;
    const isEmpty = isScalar(document?.contents) && document.contents.source === '';
    if (!document || document.contents === null || isEmpty)
      return this.refused('is empty; write keys: and below it each key');
    for (const { code, pos } of [...document.errors, ...document.warnings])
      this.#report([], this.#at(pos[0]), syntaxMessage(code));
    const { yaml } = document.directives ?? {};
    if (yaml?.explicit && yaml.version !== '1.2')
      this.#report(
        [],
        start,
        `is YAML ${yaml.version}, which reads texts such as yes and 2027-01-31 in another way; remove the %YAML line`,
      );
    if (next)
      this.#report([], this.#at(next.range?.[0] ?? 0), 'has a second document; write one document per file');
    if (this.faults.length > 0) return this;
    this.#targets = targetsIn(document);
    try {
      const data = this.#valueOf(document.contents as Node, []);
      // Without what an alias stands for, anything more would be a guess.
      if (!this.#lacksAnchor) this.data = data;
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      this.#report([], start, error.message);
    }
    return this;
  }

  /** A text that is not read at all. */
  refused(message: string): this {
    this.#report([], start, message);
    return this;
  }

  positionOf(path: Path): Position {
    return this.#closest(this.#values, path);
  }

  positionOfName(path: Path): Position {
    return this.#closest(this.#names, path);
  }

  #closest(positions: ReadonlyMap<string, Position>, path: Path): Position {
    for (let length = path.length; length > 0; length -= 1) {
      const part = path.slice(0, length);
      const position = positions.get(placeKey(part)) ?? this.#names.get(placeKey(part));
      if (position) return position;
    }
    return this.#values.get(placeKey([])) ?? start;
  }

  #valueOf(node: Node | null, path: Path): unknown {
    this.#valueCount += 1;
    if (this.#valueCount > maxValues) throw new TooMuch(tooLarge);
    if (path.length > maxDepth) throw new TooMuch(tooDeep);
    const target = this.#targetOf(node, path);
    if (target?.range && !this.#values.has(placeKey(path)))
      this.#values.set(placeKey(path), this.#at(target.range[0]));
    if (isMap(target)) return Object.fromEntries(this.#entriesOf(target, path));
    if (isSeq(target))
      return target.items.map((item, index) => this.#valueOf(item as Node, [...path, index]));
    return isScalar(target) ? target.value : null;
  }

  #targetOf(node: Node | null, path: Path): Node | null {
    if (!isAlias(node)) return node;
    const target = this.#targets.get(node);
    if (target) return target;
    this.#lacksAnchor = true;
    const message = `is an alias, and no anchor &${node.source} stands before it`;
    this.#report(path, this.#at(node.range?.[0] ?? 0), message);
    return null;
  }

  /** The fields of a map, those of its merge keys last. */
  #entriesOf(map: YAMLMap, path: Path): [name: string, value: unknown][] {
    const entries = new Map<string, unknown>();
    const merges: Pair[] = [];
    for (const pair of map.items) {
      if (isMergeKey(pair.key)) {
        merges.push(pair);
        continue;
      }
      const name = this.#nameOf(pair.key as Node | null, path);
      if (name === undefined) continue;
      const own = [...path, name];
      const position = this.#at((pair.key as Node).range?.[0] ?? 0);
      if (entries.has(name)) {
        this.#report(own, position, 'is there twice; remove one of them');
        continue;
      }
      if (!this.#names.has(placeKey(own))) this.#names.set(placeKey(own), position);
      entries.set(name, this.#valueOf(pair.value as Node | null, own));
    }
    for (const merge of merges)
      for (const [name, value] of this.#merged(merge.value as Node | null, path))
        if (!entries.has(name)) entries.set(name, value);
    return [...entries];
  }

  /** What `<<: *anchor` or `<<: [*one, *other]` brings. */
  #merged(node: Node | null, path: Path): [name: string, value: unknown][] {
    if (this.#mergeDepth > maxDepth) throw new TooMuch(tooDeep);
    const target = this.#targetOf(node, path);
    this.#mergeDepth += 1;
    try {
      if (isMap(target)) return this.#entriesOf(target, path);
      if (isSeq(target) && target.items.every((item) => isAlias(item) || isMap(item)))
        return target.items.flatMap((item) => this.#merged(item as Node, path));
    } finally {
      this.#mergeDepth -= 1;
    }
    if (target)
      this.#report(path, this.#at(target.range?.[0] ?? 0), 'has a merge key (<<) that refers to no map');
    return [];
  }

  #nameOf(key: Node | null, path: Path): string | undefined {
    const target = this.#targetOf(key, path);
    // A name such as 007 or null is the text as it is written.
    const name = isScalar(target) ? textOf(target) : '';
    if (name !== '') return name;
    const problem = isScalar(target) ? 'has a field without a name' : 'has a name that is a list or a map';
    this.#report(path, this.#at(key?.range?.[0] ?? 0), `${problem}; write a text before the colon`);
    return undefined;
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #report(path: Path, position: Position, message: string): void {
    this.faults.push({ ...position, path: shownPath(path), message });
  }
}

/** What each alias stands for: the last node before it that has its anchor. */
function targetsIn(document: Document): Map<Alias, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_, node) {
      const target = isAlias(node) ? anchored.get(node.source) : undefined;
      if (isAlias(node) && target) targets.set(node, target);
      else if (!isAlias(node) && node.anchor) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

const start: Position = { line: 1, column: 1 };

function placeKey(path: Path): string {
  return JSON.stringify(path);
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function textOf({ value, source }: Scalar): string {
  return typeof value === 'string' ? value : (source ?? '');
}
