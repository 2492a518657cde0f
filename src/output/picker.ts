import type { Theme } from '@inquirer/core';
import {
  createPrompt,
  isEnterKey,
  isSpaceKey,
  isTabKey,
  makeTheme,
  useEffect,
  useKeypress,
  useMemo,
  usePrefix,
  useState,
} from '@inquirer/core';
import figures from '@inquirer/figures';
import type { Found } from './fuzzy-search.ts';

/*
 * The prompt that chooses from a list: typing filters it. Unlike `search` and `checkbox` of @inquirer/prompts, which are built
 * on the same parts, it does both at once, keeps what was typed when it is drawn again, and follows the size of the terminal.
 */

/** Where the person is: it outlives the prompt, which Ctrl-Z ends and fg draws again. */
export interface PickerState {
  text: string;
  /** Which of the rows found is under the cursor. */
  at: number;
  /** The rows that are marked, by their place in the whole list. */
  readonly marked: Set<number>;
}

export interface PickerConfig {
  message: string;
  rowCount: number;
  several: boolean;
  state: PickerState;
  /** The places of the rows that a text finds, the best ones first; all for no text. */
  find: Found;
  /** These rows for this width, a line each. */
  layOut: (width: number, rows: readonly number[]) => readonly string[];
  /** About the row under the cursor. */
  describe: (row: number) => string | undefined;
  /** What the answered prompt shows. */
  answer: (rows: readonly number[]) => string;
  bold: (text: string) => string;
  dim: (text: string) => string;
  size: () => { columns: number; rows: number };
  /** Calls back when the terminal has another size, until the returned function is called. */
  onResize: (listener: () => void) => () => void;
}

const maxLines = 10;
/** The question, the count, the description in two lines, the keys, and a line for the cursor. */
const otherLines = 6;

/** The places of the rows chosen, in the order of the list. */
export const picker = createPrompt<number[], PickerConfig & { theme?: Partial<Theme> }>((config, done) => {
  const { message, state, several } = config;
  const theme = makeTheme(config.theme);
  const [answer, setAnswer] = useState('');
  const [, redraw] = useState({});
  const prefix = usePrefix({ status: answer === '' ? 'idle' : 'done', theme });
  const { columns, rows } = config.size();
  const found = useMemo(() => config.find(state.text), [state.text]);
  const finish = (chosen: readonly number[]) => {
    setAnswer(config.answer(chosen));
    done([...chosen]);
  };

  useEffect((line) => {
    line.write(state.text);
    return config.onResize(() => redraw({}));
  }, []);
  useKeypress((key, line) => {
    const isMark = several && (isSpaceKey(key) || isTabKey(key));
    if (isEnterKey(key)) {
      const chosen = chosenRows(state, found);
      if (chosen.length > 0) return finish(chosen);
    } else if (isMark) mark(state, found);
    else move(state, found.length, key.name, pageSize(rows));
    const isTyped = !isEnterKey(key) && !isMark && !isTabKey(key) && !steps.has(key.name);
    if (isTyped && line.line !== state.text) Object.assign(state, { text: line.line, at: 0 });
    if (!isTyped && line.line !== state.text) {
      line.clearLine(0);
      line.write(state.text);
    }
    redraw({});
  });

  if (answer !== '') return `${prefix} ${theme.style.message(message, 'done')} ${theme.style.answer(answer)}`;
  const size = pageSize(rows);
  const first = Math.max(0, Math.min(state.at - Math.floor(size / 2), found.length - size));
  const visible = found.slice(first, first + size);
  // A cursor, a mark, and a free column at the end.
  const lines = config.layOut(Math.max(1, columns - (several ? 5 : 3)), visible);
  const page = visible.map((row, index) => {
    const isActive = first + index === state.at;
    const cursor = isActive ? theme.style.highlight(figures.pointer) : ' ';
    const mark = state.marked.has(row) ? theme.style.highlight('*') : ' ';
    const text = lines[index] ?? '';
    return `${cursor} ${several ? `${mark} ` : ''}${isActive ? config.bold(text) : text}`;
  });
  const active = found[state.at];
  const below = [
    ...(found.length === 0 ? ['  nothing matches'] : page),
    config.dim(countLine(config, found.length, size)),
    ...[active === undefined ? undefined : config.describe(active)].filter((text) => text !== undefined),
    config.dim(keysLine(several, columns)),
  ];
  return [`${prefix} ${theme.style.message(message, 'idle')} ${state.text}`, below.join('\n')];
});

const steps = new Map<string, (page: number) => number>([
  ['up', () => -1],
  ['down', () => 1],
  ['pageup', (page) => -page],
  ['pagedown', (page) => page],
]);

function move(state: PickerState, count: number, key: string, page: number): void {
  const step = steps.get(key)?.(page);
  if (step !== undefined) state.at = Math.max(0, Math.min(count - 1, state.at + step));
}

function mark(state: PickerState, found: readonly number[]): void {
  const row = found[state.at];
  if (row !== undefined && !state.marked.delete(row)) state.marked.add(row);
}

/** The marked rows, or the one under the cursor. */
function chosenRows({ at, marked }: PickerState, found: readonly number[]): number[] {
  if (marked.size > 0) return [...marked].sort((one, other) => one - other);
  return found.slice(at, at + 1);
}

function pageSize(rows: number): number {
  return Math.max(1, Math.min(maxLines, rows - otherLines));
}

function countLine({ rowCount, several, state }: PickerConfig, count: number, size: number): string {
  const isPart = count < rowCount || count > size;
  const parts = [
    ...(isPart ? [`${count} of ${rowCount}`] : []),
    ...(several && state.marked.size > 0 ? [`${state.marked.size} marked`] : []),
  ];
  return parts.length > 0 ? `  ${parts.join(', ')}` : ' ';
}

/** As much of it as fits. */
function keysLine(several: boolean, columns: number): string {
  const parts = ['↑↓ move', '⏎ choose', ...(several ? ['space mark'] : []), 'type to filter'];
  while (parts.length > 1 && parts.join(' • ').length >= columns) parts.pop();
  return parts.join(' • ');
}
