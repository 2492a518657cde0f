import stringWidth from 'string-width';

const sequence =
  /\x1b\[([?>=]?)([\d;]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[78=>c]|[\r\n\b]|[^\x1b\r\n\b]/gu;

/** What a terminal of this width shows in the end of all that it was sent, what has scrolled away included. */
export function screenOf(output: string, columns: number): string {
  const screen = new Screen(columns);
  for (const [text, mode, numbers = '', command] of output.matchAll(sequence)) {
    if (command === undefined) screen.write(text);
    else if (mode === '') screen.control(command, numbers.split(';').map(Number));
  }
  return screen.text;
}

class Screen {
  readonly #columns: number;
  readonly #lines: string[][] = [];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  get text(): string {
    const lines = Array.from(this.#lines, (line = []) => Array.from(line, (cell = ' ') => cell).join(''));
    return `${lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd()}\n`;
  }

  write(text: string): void {
    if (text.startsWith('\x1b')) return;
    if (text === '\r') this.#column = 0;
    else if (text === '\n') this.#row += 1;
    else if (text === '\b') this.#column = Math.max(0, this.#column - 1);
    else this.#put(text);
  }

  #put(text: string): void {
    const width = stringWidth(text);
    if (this.#column + width > this.#columns) {
      this.#row += 1;
      this.#column = 0;
    }
    this.#line[this.#column] = text;
    // The second half of a wide character.
    if (width === 2) this.#line[this.#column + 1] = '';
    this.#column += width;
  }

  /** A control sequence of ECMA-48. Colours and modes change no text. */
  control(command: string, [first = 0, second = 0]: readonly number[]): void {
    const count = Math.max(1, first);
    if (command === 'A') this.#row = Math.max(0, this.#row - count);
    else if (command === 'B') this.#row += count;
    else if (command === 'C') this.#column += count;
    else if (command === 'D') this.#column = Math.max(0, this.#column - count);
    else if (command === 'G') this.#column = count - 1;
    else if (command === 'K') this.#eraseLine(first);
    else if (command === 'J') this.#erase(first);
    else if (command === 'H') [this.#row, this.#column] = [count - 1, Math.max(1, second) - 1];
  }

  #eraseLine(which: number): void {
    if (which === 0) this.#line.splice(this.#column);
    else this.#line.fill(' ', 0, which === 1 ? this.#column + 1 : undefined);
  }

  #erase(which: number): void {
    if (which === 0) {
      this.#line.splice(this.#column);
      this.#lines.splice(this.#row + 1);
    } else if (which === 2) this.#lines.splice(0);
  }

  get #line(): string[] {
    this.#lines[this.#row] ??= [];
    return this.#lines[this.#row] as string[];
  }
}
