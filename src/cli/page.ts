import type { Style, Terminal } from '../output/style.ts';
import { unitsOf, wrapWords } from '../output/wrap-words.ts';

export type Rows = readonly (readonly [term: string, meaning: string])[];

/** A part of a page. */
export type Section = { heading?: string } & (
  | { rows: Rows }
  /** Command lines: they are never broken. */
  | { lines: readonly string[] }
  | { paragraphs: readonly string[] }
  /** A few words, beside the heading. */
  | { remark: string }
);

/** A page of the manual, before it is set for a terminal or for `man`. */
export interface Page {
  /** What the page is about: `keys create`, or the name of a topic. */
  name: string;
  usage?: string;
  summary: string;
  sections: readonly Section[];
}

/** Longer lines are harder to read. */
const maxWidth = 110;

/** How much of a line terms may take. */
const maxTermShare = 0.4;

/** A page, set once at the width of the terminal. Words and command lines are never broken. */
export function setPage({ name, usage, summary, sections }: Page, terminal: Terminal): string {
  const width = Math.min(terminal.width, maxWidth);
  const { bold, green } = terminal.style;
  const head =
    usage === undefined
      ? `${bold(`${name}:`)} ${summary}`
      : `${bold('Usage:')} ${usage}\n\n${fill(summary, width)}`;
  const terms = sections.flatMap((section) => ('rows' in section ? section.rows : [])).map(([term]) => term);
  const termWidth = Math.min(
    Math.max(0, ...terms.map(({ length }) => length)),
    Math.floor(width * maxTermShare),
  );
  const parts = sections.map((section) => setSection(section, { width, termWidth, bold, green }));
  // Remarks are single lines that stand together.
  const isRemark = (at: number) => 'remark' in (sections[at] ?? {});
  return parts.reduce(
    (text, part, at) => `${text}${isRemark(at) && isRemark(at - 1) ? '' : '\n'}${part}\n`,
    `${head}\n`,
  );
}

interface Layout extends Pick<Style, 'bold' | 'green'> {
  width: number;
  /** The terms of all rows of a page have one column; meanings begin below those that are wider. */
  termWidth: number;
}

function setSection(section: Section, layout: Layout): string {
  const heading = section.heading === undefined ? '' : `${section.heading}:`;
  if ('remark' in section) {
    const text = fill(`${heading} ${section.remark}`, layout.width, '  ').trimStart();
    return layout.bold(heading) + text.slice(heading.length);
  }
  const head = heading === '' ? [] : [layout.bold(heading)];
  if ('lines' in section) return [...head, ...section.lines.map((line) => `  ${line}`)].join('\n');
  if ('rows' in section) return [...head, ...section.rows.flatMap((row) => setRow(row, layout))].join('\n');
  const indent = heading === '' ? '' : '  ';
  return [...head, ...section.paragraphs.map((text) => fill(text, layout.width, indent))].join('\n');
}

function setRow([term, meaning]: Rows[number], { width, termWidth, green }: Layout): string[] {
  const column = ' '.repeat(2 + termWidth + 2);
  const [first = '', ...rest] = wrapWords(unitsOf(meaning), width - column.length);
  const lines = [first, ...rest].map((line) => column + line);
  const start = `  ${green(term)}`;
  if (term.length > termWidth) return [start, ...lines];
  return [start + (lines[0] ?? '').slice(2 + term.length), ...lines.slice(1)];
}

function fill(text: string, width: number, indent = ''): string {
  return wrapWords(unitsOf(text), width - indent.length)
    .map((line) => indent + line)
    .join('\n');
}
