import { shown } from '../base/sanitise.ts';
import { fuzzySearch } from './fuzzy-search.ts';
import type { PickerState } from './picker.ts';
import { picker } from './picker.ts';
import type { PromptContext } from './prompt.ts';
import { ask, isPlain, maxQuestionLength } from './prompt.ts';
import { terminalOf } from './style.ts';
import type { Column } from './table.ts';
import { layOutRows } from './table.ts';

/** Things to choose from. Texts may be foreign, but for those of columns, which must be sanitised. */
export interface PickList<Row> {
  rows: readonly Row[];
  /** What a row shows; one column has the rank 0 and may be narrowed to a character. */
  columns: readonly Column<Row>[];
  /** What typing is compared with. */
  search: (row: Row) => readonly string[];
  /** How the answer names a row. */
  name: (row: Row) => string;
  /** About the row under the cursor. */
  describe?: (row: Row) => string | undefined;
  /** Several rows may be chosen. */
  several?: boolean;
  /** Rows that are marked from the start. */
  marked?: readonly Row[];
}

const maxSearchedLength = 200;
const maxAnswerLength = 60;
const maxDescriptionLength = 200;

/** The rows that a person chooses, at least one. Typing filters the list. Throws `KeysError` as other prompts do. */
export async function askPick<Row>(
  context: PromptContext,
  question: string,
  { rows, columns, search, name, describe, several = false, marked = [] }: PickList<Row>,
): Promise<Row[]> {
  const { stderr, env, now } = context.io;
  const terminal = await terminalOf(stderr, env, context.output.noColor, now());
  const layOut = await layOutRows(rows, columns, terminal);
  const find = fuzzySearch(rows.map((row) => search(row).map((text) => text.slice(0, maxSearchedLength))));
  const stream = stderr.stream as NodeJS.WriteStream;
  const state: PickerState = { text: '', at: 0, marked: new Set(marked.map((row) => rows.indexOf(row))) };
  const nameOf = (row: number) => shown(rows[row] === undefined ? '' : name(rows[row]), maxAnswerLength);
  const config = {
    message: shown(question, maxQuestionLength),
    rowCount: rows.length,
    state,
    several,
    find,
    layOut,
    describe: (row: number) => {
      const text = rows[row] === undefined ? undefined : describe?.(rows[row]);
      return text === undefined || text === '' ? undefined : shown(text, maxDescriptionLength);
    },
    answer: (chosen: readonly number[]) =>
      shown(chosen.map(nameOf).join(', '), 2 * maxAnswerLength) +
      (chosen.length > 1 ? ` (${chosen.length})` : ''),
    bold: terminal.style.bold,
    dim: terminal.style.dim,
    size: () => ({ columns: stream.columns || terminal.width, rows: stream.rows || 24 }),
    onResize(listener: () => void) {
      const resized = () => {
        // A narrower terminal has wrapped the lines below the question.
        stream.write('\x1b[J');
        listener();
      };
      stream.on('resize', resized);
      return () => void stream.removeListener('resize', resized);
    },
  };
  const chosen = await ask(context, false, async (drawing) => {
    if (!isPlain(context)) return picker(config, drawing);
    const { plainPick } = await import('./plain-prompt.ts');
    const { columns } = config.size();
    return plainPick(drawing, {
      question: config.message,
      layOut: (rows) => layOut(columns - 8, rows),
      find,
      several,
    });
  });
  return chosen.flatMap((row) => rows.slice(row, row + 1));
}
