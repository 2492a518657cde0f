import { GrowingText } from './bounded-buffer.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Takes server-sent events apart as their bytes come, in whatever pieces, and hands over the data of each
 * (html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation). An event that the stream ends in
 * the middle of is handed over as well.
 */
export class EventStream {
  readonly #onData: (data: GrowingText) => void;
  readonly #data = new GrowingText();
  #hasData = false;
  /** The first five bytes of the line: enough to know a line of data. */
  #start = '';
  #isFirstLine = true;
  #isAfterReturn = false;

  /** What `onData` gets is valid until it returns. */
  constructor(onData: (data: GrowingText) => void) {
    this.#onData = onData;
  }

  add(chunk: Buffer): void {
    let lineStart = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === lineFeed || byte === carriageReturn) {
        // After CR, LF belongs to the same line end, in whichever piece it comes.
        if (byte === carriageReturn || !this.#isAfterReturn) this.#endLine(chunk.subarray(lineStart, at));
        lineStart = at + 1;
      }
      this.#isAfterReturn = byte === carriageReturn;
    }
    this.#addToLine(chunk.subarray(lineStart));
  }

  end(): void {
    this.#endLine(Buffer.alloc(0));
    this.#endEvent();
  }

  #addToLine(piece: Buffer): void {
    let rest = piece;
    while (this.#start.length < 'data:'.length && rest.length > 0) {
      const missing = 'data:'.length - this.#start.length;
      this.#start += rest.toString('latin1', 0, missing);
      rest = rest.subarray(missing);
      // A mark of byte order, in UTF-8, may begin the stream.
      if (this.#isFirstLine) this.#start = this.#start.replace(/^\xef\xbb\xbf/, '');
    }
    if (this.#start === 'data:') this.#data.add(rest);
  }

  #endLine(piece: Buffer): void {
    this.#addToLine(piece);
    this.#isFirstLine = false;
    if (this.#start === '') this.#endEvent();
    if (this.#start === 'data:') {
      this.#hasData = true;
      this.#data.add(Buffer.from('\n'));
    }
    this.#start = '';
  }

  #endEvent(): void {
    if (this.#hasData) this.#onData(this.#data);
    this.#hasData = false;
    this.#data.clear();
  }
}
