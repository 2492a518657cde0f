// `bench/results.json` as `docs/performance.md`.
import { cellsOf } from './bench-table.mjs';

/** `results`: the machine, the date and the sections of `bench-table.mjs`. */
export function performancePage({ date, machine, node, sections }) {
  return `# Performance

\`npm run bench\` measured this on ${date}: Node.js ${node}, ${machine}.

The programs of a table take turns, and each figure is the median of its rounds. Milliseconds depend on the machine: compare
the ratios, which are to a bare Node.js in the same run. The aims are for an idle machine. No test depends on a time.

${sections.map(sectionText).join('\n\n')}
`;
}

function sectionText({ title, about, columns, rows, notes = [] }) {
  const [headers, ...lines] = cellsOf({ columns, rows });
  const rule = headers.map((_, column) => (column ? '---:' : '---'));
  const table = [headers, rule, ...lines].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');
  return [`## ${title}`, `${sentence(about)}`, table, ...notes].join('\n\n');
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function escaped(text) {
  return text.replaceAll(/[<|*_`]/g, '\\$&');
}
