import type { Found } from './fuzzy-search.ts';
import type { Drawing } from './keyboard.ts';

/*
 * Questions for a terminal that cannot move its cursor (TERM=dumb), such as the shell of an editor: plain lines, which the
 * terminal itself lets a person edit. Texts must be sanitised.
 */

/** A line of text; an empty one stands for the proposal. */
export async function plainText(drawing: Drawing, question: string, proposal?: string): Promise<string> {
  const line = await lineOf(drawing, proposal === undefined ? question : `${question} (${proposal})`);
  return line === '' && proposal !== undefined ? proposal : line;
}

/** What was typed on an input and not read yet: lines may come faster than questions. */
interface Typed {
  text: string;
  /** Called when text is added. */
  wake: () => void;
}

const typedOn = new WeakMap<Drawing['input'], Typed>();

function typedTextOn(input: Drawing['input']): Typed {
  const existing = typedOn.get(input);
  if (existing) return existing;
  const typed: Typed = { text: '', wake: () => {} };
  typedOn.set(input, typed);
  input.on('data', (piece) => {
    typed.text += String(piece);
    typed.wake();
  });
  return typed;
}

/** A line as it was typed. Rejects once the prompt is withdrawn. */
async function lineOf({ input, output, signal }: Drawing, question: string): Promise<string> {
  output.write(`${question} `);
  const typed = typedTextOn(input);
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      output.write('\n');
      reject(new Error('withdrawn'));
    });
    typed.wake = () => {
      const end = typed.text.search(/[\r\n]/);
      if (end < 0) return;
      const line = typed.text.slice(0, end);
      typed.text = typed.text.slice(end + 1);
      typed.wake = () => {};
      resolve(line);
    };
    typed.wake();
  });
}

/** A line that is not shown. */
export async function plainSecret(drawing: Drawing, question: string): Promise<string> {
  drawing.input.setRawMode(true);
  try {
    for (;;) {
      const line = await lineOf(drawing, question);
      drawing.output.write('\n');
      const text = withoutErased(line).trim();
      if (text !== '') return text;
    }
  } finally {
    drawing.input.setRawMode(false);
  }
}

/** Nothing else takes the keys that erase while the terminal does not show what is typed. */
function withoutErased(line: string): string {
  let text = '';
  for (const character of line) {
    if (character === '\x15') text = '';
    else if (character === '\x7f' || character === '\b') text = text.slice(0, -1);
    else text += character;
  }
  return text;
}

/** One of the choices. Enter alone takes the first. */
export async function plainChoice<T>(
  drawing: Drawing,
  question: string,
  choices: readonly { name: string; value: T }[],
): Promise<T> {
  drawing.output.write(
    numbered(
      question,
      choices.map(({ name }) => name),
    ),
  );
  for (;;) {
    const answer = (await lineOf(drawing, 'Number (1):')).trim() || '1';
    const [chosen] = choices.slice(Number(answer) - 1, Number(answer));
    if (/^[1-9]\d*$/.test(answer) && chosen) return chosen.value;
  }
}

const maxRows = 20;

export interface PlainList {
  question: string;
  /** These rows, a line each. */
  layOut: (rows: readonly number[]) => readonly string[];
  find: Found;
  several: boolean;
}

/** The places of the rows chosen by their numbers. Anything else that is typed is searched for. */
export async function plainPick(
  drawing: Drawing,
  { question, layOut, find, several }: PlainList,
): Promise<number[]> {
  const hint = several ? 'Numbers, or letters to search:' : 'Number, or letters to search:';
  for (let found = find(''); ; ) {
    const rows = found.slice(0, maxRows);
    drawing.output.write(numbered(question, layOut(rows)));
    if (rows.length < found.length) drawing.output.write(`  ${found.length - rows.length} more\n`);
    const answer = (await lineOf(drawing, hint)).trim();
    const chosen = answer.split(/[\s,]+/).flatMap((word) => rows[Number(word || Number.NaN) - 1] ?? []);
    const isComplete = chosen.length > 0 && chosen.length === answer.split(/[\s,]+/).length;
    if (isComplete && (several || chosen.length === 1)) return [...new Set(chosen)].sort((a, b) => a - b);
    const next = find(answer);
    if (next.length === 0) drawing.output.write('nothing matches\n');
    else found = next;
  }
}

function numbered(question: string, lines: readonly string[]): string {
  const width = String(lines.length).length;
  const rows = lines.map((line, index) => `  ${String(index + 1).padStart(width)}) ${line}\n`);
  return `${question}\n${rows.join('')}`;
}
