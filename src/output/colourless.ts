import { Writable } from 'node:stream';

/** A terminal without colours, for libraries that use them: passes everything else on, at once and in order. */
export class Colourless extends Writable {
  readonly #terminal: Writable & { columns?: number; rows?: number; isTTY?: boolean };

  constructor(terminal: Writable) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
  }

  get columns(): number | undefined {
    return this.#terminal.columns;
  }

  get rows(): number | undefined {
    return this.#terminal.rows;
  }

  get isTTY(): boolean {
    return this.#terminal.isTTY ?? false;
  }

  override _write(text: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#terminal.write(String(text).replaceAll(/\x1b\[[\d;]*m/g, ''));
    done();
  }
}
