import { visible } from '../base/sanitise.ts';

/*
 * A report in Markdown, for an issue or a summary of a job. Text that is not ours is code: there, GitHub and GitLab make neither
 * links nor mentions of it, and no HTML.
 */

export interface MarkdownTable {
  head: readonly string[];
  /** Cells in Markdown: see `code`. */
  rows: readonly (readonly string[])[];
}

/** A text as code, in a cell of a table or a paragraph; nothing for an empty one. */
export function code(text: string): string {
  // A bar ends a cell even after a backslash, and even in code.
  const line = visible(text).replaceAll('|', '\\x7c');
  if (line.trim() === '') return '';
  const runs = [...line.matchAll(/`+/g)].map(([run]) => run.length);
  const fence = '`'.repeat(Math.max(0, ...runs) + 1);
  const gap = /^[` ]|[` ]$/.test(line) ? ' ' : '';
  return `${fence}${gap}${line}${gap}${fence}`;
}

export function markdownTable({ head, rows }: MarkdownTable): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** Blocks with an empty line between them. */
export function markdownPage(blocks: readonly string[]): string {
  return `${blocks.map((block) => block.trimEnd()).join('\n\n')}\n`;
}
