import type { IBufferCell, Terminal } from '@xterm/headless';
import xterm from '@xterm/headless';

/* What a terminal shows, as a picture that scales, whose text can be selected. */

/** Neighbouring cells that look alike. */
interface Run {
  column: number;
  width: number;
  text: string;
  look: string;
}

export type Theme = 'light' | 'dark';

/** The 16 basic colours, which the program leaves to the theme of the terminal. */
const palettes: Readonly<Record<Theme, { paper: string; ink: string; colours: readonly string[] }>> = {
  light: {
    paper: '#ffffff',
    ink: '#1f2328',
    colours: ['#24292f', '#b3201b', '#116329', '#7d4e00', '#0550ae', '#8250df', '#1b7c83', '#57606a'],
  },
  dark: {
    paper: '#0d1117',
    ink: '#e6edf3',
    colours: ['#6e7681', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#e6edf3'],
  },
};

const [cellWidth, lineHeight, baseline, margin] = [8, 18, 13, 12];

/** The screen after all of this output, without empty lines at its end. */
export async function screenAfter(output: string, columns: number): Promise<Run[][]> {
  const terminal = new xterm.Terminal({ cols: columns, rows: 100, allowProposedApi: true });
  await new Promise<void>((done) => terminal.write(output, done));
  const lines = Array.from({ length: terminal.buffer.active.length }, (_, row) => runsOf(terminal, row));
  terminal.dispose();
  return lines.slice(0, lines.findLastIndex((runs) => runs.length > 0) + 1);
}

function runsOf(terminal: Terminal, row: number): Run[] {
  const line = terminal.buffer.active.getLine(row);
  const runs: Run[] = [];
  for (let column = 0; column < terminal.cols; column += 1) {
    const cell = line?.getCell(column);
    const text = cell?.getChars() ?? '';
    if (!cell || text === '' || (text === ' ' && !cell.isInverse())) continue;
    const look = lookOf(cell);
    const last = runs.at(-1);
    const gap = last ? column - last.column - last.width : 0;
    // A single space between words of one look belongs to both.
    if (last?.look === look && gap <= 1 && goesOn(last.text, gap, text)) {
      last.text += ' '.repeat(gap) + text;
      last.width += gap + cell.getWidth();
    } else runs.push({ column, width: cell.getWidth(), text, look });
  }
  return runs;
}

/** Blocks of different heights, or with space between them, are runs of their own. */
function goesOn(before: string, gap: number, text: string): boolean {
  if (!isBlock(before) && !isBlock(text)) return true;
  return gap === 0 && before.startsWith(text);
}

/** The classes of a cell. */
function lookOf(cell: IBufferCell): string {
  const looks = [
    ...(cell.isFgPalette() ? [`c${cell.getFgColor() % 8}`] : []),
    ...(cell.isBold() ? ['b'] : []),
    ...(cell.isDim() ? ['d'] : []),
    ...(cell.isUnderline() ? ['u'] : []),
    ...(cell.isInverse() ? ['i'] : []),
  ];
  return looks.join(' ');
}

/** The text of a screen, to compare and to read aloud. */
export function textOf(lines: readonly (readonly Run[])[]): string {
  return lines.map((runs) => runs.reduce((text, run) => text.padEnd(run.column) + run.text, '')).join('\n');
}

/** Without scripts, fonts or anything else from elsewhere: a page may show it as an image. */
export function pictureOf(
  lines: readonly (readonly Run[])[],
  { columns, title, theme }: { columns: number; title: string; theme: Theme },
): string {
  const { paper, ink, colours } = palettes[theme];
  const [width, height] = [columns * cellWidth + 2 * margin, lines.length * lineHeight + 2 * margin];
  const used = new Set(lines.flatMap((runs) => runs.flatMap(({ look }) => look.split(' '))));
  const styles = [
    `rect{fill:${ink}}`,
    'text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:' +
      `${ink}}`,
    ...colours.flatMap((colour, index) => (used.has(`c${index}`) ? [`.c${index}{fill:${colour}}`] : [])),
    ...(used.has('b') ? ['.b{font-weight:bold}'] : []),
    ...(used.has('d') ? ['.d{opacity:.65}'] : []),
    '.x{fill-opacity:0}',
    ...(used.has('u') ? ['.u{text-decoration:underline}'] : []),
  ];
  const body = lines.flatMap((runs, row) => {
    if (runs.length === 0) return [];
    const top = margin + row * lineHeight;
    const blocks = runs.map((run) => blockOf(run, top)).join('');
    return [`${blocks}<text y="${top + baseline}">${runs.map(spanOf).join('')}</text>`];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t">`,
    `<title id="t">${escaped(title)}</title>`,
    `<style>${styles.join('')}</style>`,
    `<rect width="100%" height="100%" rx="8" style="fill:${paper}" stroke="${ink}" stroke-opacity=".2"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

/** From an eighth of a cell to a whole one. */
const eighths = '▁▂▃▄▅▆▇█';

/**
 * Blocks are drawn, so that those of neighbouring lines meet whatever the font is; their text stays, unseen, to be selected.
 * Empty for any other text.
 */
function blockOf({ column, width, text, look }: Run, top: number): string {
  if (!isBlock(text)) return '';
  const height = (lineHeight * (eighths.indexOf(text[0] ?? '') + 1)) / 8;
  const place = `x="${margin + column * cellWidth}" y="${top + lineHeight - height}"`;
  return `<rect ${classOf(look)}${place} width="${width * cellWidth}" height="${height}"/>`;
}

/** One block, several times. */
function isBlock(text: string): boolean {
  return /^([▁-█])\1*$/.test(text);
}

function classOf(look: string): string {
  return look === '' ? '' : `class="${look}" `;
}

/** Set to the width of its cells, whatever the font is. */
function spanOf({ column, width, text, look }: Run): string {
  const place = `x="${margin + column * cellWidth}" textLength="${width * cellWidth}" lengthAdjust="spacingAndGlyphs"`;
  return `<tspan ${classOf(isBlock(text) ? 'x' : look)}${place}>${escaped(text)}</tspan>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
