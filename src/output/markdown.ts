import { visibleLines } from '../base/sanitise.ts';
import type { Style, Terminal } from './style.ts';
import { gap, isNarrow, narrowWidth } from './typesetting.ts';
import { wrapWords } from './wrap-words.ts';

/*
 * Sets a page of the documentation for a terminal: what our own pages use of Markdown, and nothing else. No library: those
 * for terminals bring a highlighter of source code, emoji and hyperlinks, and do not wrap tables.
 */

/** How a page is set. */
export interface PageSetting {
  terminal: Terminal;
  /** What to type to read the page of a link, such as `keys docs rotation`; undefined: it is no page. */
  commandFor: (target: string) => string | undefined;
}

/** Longer lines are harder to read. */
const maxWidth = 100;

/** A column that wraps has at least this width; a narrower table is a list. */
const minColumn = 20;

export async function renderMarkdown(markdown: string, setting: PageSetting): Promise<string> {
  const text = visibleLines(markdown)
    .replaceAll(/<!--[\s\S]*?-->\n?/g, '')
    .replaceAll(/<picture>[\s\S]*?<\/picture>\n?/g, '');
  const widthOf = isNarrow(text.replaceAll('\n', ' '))
    ? narrowWidth
    : (await import('./wide-typesetting.ts')).wideTypesetting.widthOf;
  const width = Math.min(setting.terminal.width, maxWidth);
  const page = new MarkdownPage(setting, width, widthOf);
  const blocks = blocksOf(text).map((block) => page.set(block).join('\n'));
  return `${blocks.filter((block) => block.trim() !== '').join('\n\n')}\n`;
}

type Block = { kind: 'code' | 'heading' | 'quote' | 'table' | 'item' | 'text'; lines: readonly string[] };

const kinds: readonly (readonly [Block['kind'], RegExp])[] = [
  ['heading', /^#{1,6} /],
  ['table', /^\|/],
  ['quote', /^> ?/],
  ['item', /^ *(?:- |\d+\. )/],
];

/** The blocks of a page. A line continues the paragraph or item before it. */
function blocksOf(text: string): Block[] {
  const blocks: { kind: Block['kind']; lines: string[] }[] = [];
  let isOpen = false;
  for (const line of text.split('\n')) {
    const last = blocks.at(-1);
    const isFence = line.startsWith('```');
    if (last?.kind === 'code' && isOpen) {
      if (isFence) isOpen = false;
      else last.lines.push(line);
      continue;
    }
    if (isFence) {
      isOpen = true;
      blocks.push({ kind: 'code', lines: [] });
    } else if (line.trim() === '') {
      blocks.push({ kind: 'text', lines: [] });
    } else {
      const kind = kinds.find(([, form]) => form.test(line))?.[0] ?? 'text';
      const joins = kind === 'text' ? last?.kind !== 'heading' && last?.kind !== 'code' : last?.kind === kind;
      // Each heading is a block by itself; the items of a list are one.
      if (last && last.lines.length > 0 && joins && kind !== 'heading') last.lines.push(line);
      else blocks.push({ kind, lines: [line] });
    }
  }
  return blocks;
}

class MarkdownPage {
  readonly #style: Style;
  readonly #commandFor: PageSetting['commandFor'];
  readonly #width: number;
  readonly #widthOf: (text: string) => number;

  constructor({ terminal, commandFor }: PageSetting, width: number, widthOf: (text: string) => number) {
    this.#style = terminal.style;
    this.#commandFor = commandFor;
    this.#width = width;
    this.#widthOf = widthOf;
  }

  set({ kind, lines }: Block): string[] {
    switch (kind) {
      case 'code':
        return lines.map((line) => `    ${line}`);
      case 'heading':
        return this.#heading(lines[0] ?? '');
      case 'quote':
        return this.#fill(lines.map((line) => line.replace(/^> ?/, '')).join(' '), '  ', '  ');
      case 'table':
        return this.#table(lines.map(cellsOf));
      case 'item':
        return this.#items(lines);
      case 'text':
        return lines.length === 0 ? [] : this.#fill(lines.map((line) => line.trim()).join(' '));
    }
  }

  /** Without bold text, the marks tell it from a line. */
  #heading(line: string): string[] {
    const text = plainText(this.#hasStyle ? line.replace(/^#+ /, '') : line);
    return this.#wrap(text, this.#width).map((one) => this.#style.bold(one));
  }

  get #hasStyle(): boolean {
    return this.#style.bold('x') !== 'x';
  }

  /** Lines of a text; `first` begins the first one, `rest` the others. */
  #fill(text: string, first = '', rest = ''): string[] {
    return this.#wrap(this.#inline(text), this.#width - rest.length).map(
      (line, at) => (at === 0 ? first : rest) + line,
    );
  }

  #wrap(text: string, width: number): string[] {
    return text === '' ? [''] : wrapWords(text, width, this.#widthOf);
  }

  #items(lines: readonly string[]): string[] {
    const items: string[][] = [];
    for (const line of lines) {
      if (/^ *(?:- |\d+\. )/.test(line)) items.push([line]);
      else items.at(-1)?.push(line.trim());
    }
    return items.flatMap(([head = '', ...more]) => {
      const [mark = ''] = /^ *(?:- |\d+\. )/.exec(head) ?? [];
      const text = [head.slice(mark.length), ...more].join(' ');
      return this.#fill(text, mark, ' '.repeat(mark.length));
    });
  }

  /** In columns, of which the widest wraps; where there is no room for that, a list of the rows. */
  #table([head = [], , ...body]: readonly (readonly string[])[]): string[] {
    const rows = body.map((cells) => cells.map((cell) => this.#inline(cell)));
    const heads = head.map((text) => this.#style.bold(plainText(text)));
    const hasHead = head.some((text) => text !== '');
    const all = hasHead ? [heads, ...rows] : rows;
    const natural = head.map((_, column) =>
      Math.max(...all.map((cells) => this.#widthOf(cells[column] ?? ''))),
    );
    const widest = natural.indexOf(Math.max(...natural));
    const others = natural.reduce((sum, width, column) => sum + (column === widest ? 0 : width + gap), 0);
    const room = this.#width - others;
    if (room < Math.min(minColumn, natural[widest] ?? 0))
      return rows.flatMap((cells) => this.#card(heads, cells));
    const widths = natural.map((width, column) => (column === widest ? Math.min(width, room) : width));
    return all.flatMap((cells) => this.#row(cells, widths));
  }

  #row(cells: readonly string[], widths: readonly number[]): string[] {
    const columns = widths.map((width, column) => this.#wrap(cells[column] ?? '', width));
    const height = Math.max(...columns.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      columns
        .map((texts, column) => {
          const text = texts[line] ?? '';
          return text + ' '.repeat(Math.max(0, (widths[column] ?? 0) - this.#widthOf(text)));
        })
        .join(' '.repeat(gap))
        .trimEnd(),
    );
  }

  /** Each cell after the head of its column; those after the first are indented. */
  #card(heads: readonly string[], cells: readonly string[]): string[] {
    return cells.flatMap((cell, at) => {
      const indent = at === 0 ? '' : '  ';
      const text = heads[at] ? `${heads[at]} ${cell}` : cell;
      return cell === '' ? [] : this.#wrap(text, this.#width - indent.length).map((line) => indent + line);
    });
  }

  /** Code, links and emphasis; each word has its own colour, so that a line may end after it. */
  #inline(text: string): string {
    const { bold, green } = this.#style;
    const paint = (style: (word: string) => string, words: string) =>
      words
        .split(' ')
        .map((word) => style(word))
        .join(' ');
    return text.replaceAll(inlineForm, (whole, code, label, target, strong, address) => {
      if (code !== undefined) return this.#hasStyle ? paint(green, code) : whole;
      if (strong !== undefined) return paint(bold, plainText(strong));
      if (address !== undefined) return address;
      const command = /^https?:/.test(target) ? target : this.#commandFor(target);
      const linked = this.#inline(label);
      return command === undefined ? linked : `${linked} (${command})`;
    });
  }
}

/** Code, a link, emphasis, and the address of a link that has no text. */
const inlineForm = /`([^`]+)`|\[((?:[^\]`]|`[^`]*`)+)\]\(([^)\s]+)\)|\*\*([^*]+)\*\*|<(https?:[^>\s]+)>/g;

/** Without the marks of code, links and emphasis. */
function plainText(text: string): string {
  return text.replaceAll(
    inlineForm,
    (_, code, label, __, strong, address) => code ?? label ?? strong ?? address,
  );
}

/** The cells of a row; `\|` is a bar within one. */
function cellsOf(row: string): string[] {
  const cells = row.replace(/^\||\|\s*$/g, '').split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|').replaceAll('<br>', ' '));
}
